// SPDX-License-Identifier: MIT OR Apache-2.0

//! What becomes of each operation when each of its allocations fails.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read};
use std::time::Duration;

use anyhow::{Context, Error, Result, ensure};
use connector::{Id, Message, Socket};
use nix::errno::Errno;
use nix::kmod::{DeleteModuleFlags, ModuleInitFlags, delete_module, finit_module};

use super::core::{EMPTY_TABLE, is_gone};
use crate::driver::{Answer, Does, Driver, Send};
use crate::expect::{message, same, silence};
use crate::fail_nth::{Outcome, each_allocation};
use crate::ktap::{Group, Test, Transcript};
use crate::proc_connector::{AT_REST, PATH, read};

/// Of a core that is there, through a driver.
pub(crate) const DRIVER: Group = Group {
    name: "faults",
    tests: &[
        Test::new("an-id-is-added-or-refused", add),
        Test::new("a-message-to-a-port-comes-or-is-refused", to_a_port),
        Test::new("a-message-by-id-comes-or-is-refused", by_id),
        Test::new("a-message-to-a-group-is-never-lost-in-silence", to_a_group),
        Test::new("a-request-reaches-its-driver-or-is-refused", request),
        Test::new("the-table-is-whole-or-refused", table),
    ],
};

/// Of the core's own beginning.
pub(crate) const CORE: Group = Group {
    name: "faults-of-init",
    tests: &[Test::new("the-core-is-loaded-or-not-at-all", load)],
};

/// An id of the test module.
const ID: Id = Id::new(22, 1);

/// What the kernel did not take for lack of memory. The module's own allocations fail, too: then
/// it does not take the command.
fn answered(outcome: Result<Answer>) -> Answer {
    outcome.unwrap_or_else(|error| Err(reason(&error)))
}

fn reason(error: &Error) -> Errno {
    let io = error.downcast_ref::<io::Error>();
    let number = io.and_then(io::Error::raw_os_error);
    number.map_or(Errno::UnknownErrno, Errno::from_raw)
}

/// Whether a datagram came. If one was lost, the socket says so instead.
fn came(socket: &Socket) -> Result<bool> {
    match socket.receive(Duration::ZERO) {
        Ok(received) => Ok(received.is_some()),
        Err(connector::Error::Lost) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn add(_: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    each_allocation(
        &[Errno::ENOMEM],
        || answered(driver.register(ID, Does::Quiet, "probe")),
        |outcome| {
            let row = outcome.returned.map_or("", |_| "probe           22:1\n");
            same("the table", read()?, format!("{AT_REST}{row}"))?;
            driver.remove(ID)?;
            same("the table at rest", read()?.as_str(), AT_REST)
        },
    )
    .map(drop)
}

/// A message must come to `listener` if, and only if, `send` was answered so.
fn comes_or_is_refused(listener: &Socket, send: Send) -> Result<()> {
    let driver = Driver::open()?;
    let _registered = driver.add(ID, Does::Quiet)?;
    each_allocation(
        &[Errno::ENOMEM],
        || answered(driver.send(send)),
        |outcome| {
            if outcome.returned.is_ok() {
                same("the id", message(listener)?.id, ID)?;
            }
            silence(listener)
        },
    )
    .map(drop)
}

fn to_a_port(_: &mut Transcript) -> Result<()> {
    let socket = Socket::open(&[])?;
    let send = Send {
        len: 3000,
        ..Send::by_id(ID).port(socket.port())
    };
    comes_or_is_refused(&socket, send)
}

fn by_id(_: &mut Transcript) -> Result<()> {
    comes_or_is_refused(&Socket::open(&[ID.idx])?, Send::by_id(ID))
}

fn to_a_group(_: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let listeners = [Socket::open(&[ID.idx])?, Socket::open(&[ID.idx])?];
    each_allocation(
        &[Errno::ENOMEM],
        || answered(driver.send(Send::by_id(ID).group(ID.idx))),
        |Outcome { returned, hit }| {
            let mut heard = 0;
            for listener in &listeners {
                // `came` is also false where the listener was told of its loss.
                heard += u32::from(came(listener)?);
                silence(listener)?;
            }
            match returned {
                Err(_) => same("listeners that heard what was refused", heard, 0),
                // One may have been told of its loss instead.
                Ok(_) => same("that anybody heard", heard > 0, true)
                    .and_then(|()| same("that all heard", heard == 2 || hit, true)),
            }
        },
    )
    .map(drop)
}

fn request(_: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let echo = driver.add(ID, Does::Echo)?;
    let socket = Socket::open(&[])?;
    let request = Message::new(echo.id, 5, 7, *b"request");
    let calls = Cell::new(driver.seen()?.calls);
    each_allocation(
        &[Errno::ENOBUFS],
        || {
            let sent = socket.send(&request);
            sent.map_err(|error| error.errno().unwrap_or(Errno::UnknownErrno))
        },
        |Outcome { returned, hit }| {
            let seen = driver.seen()?;
            let reached = u32::from(returned.is_ok());
            same("calls", seen.calls - calls.replace(seen.calls), reached)?;
            same("callbacks that run", seen.running, 0)?;
            // The driver may have had no memory to reply.
            let replied = came(&socket)?;
            ensure!(replied == returned.is_ok() || hit, "no reply came");
            silence(&socket)
        },
    )
    .map(drop)
}

fn table(_: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let _registered = driver.add(ID, Does::Quiet)?;
    let whole = read()?;
    each_allocation(
        &[Errno::ENOMEM],
        || {
            // Room that is there before: the reader's own memory is not in question.
            let mut text = [0; 128];
            let read = File::open(PATH).and_then(|mut file| file.read(&mut text));
            match read {
                Ok(len) => Ok((text, len)),
                Err(error) => Err(reason(&error.into())),
            }
        },
        |outcome| match outcome.returned {
            Ok((text, len)) => same("the table", &text[..len], whole.as_bytes()),
            Err(_) => same("the table afterwards", read()?, whole.clone()),
        },
    )
    .map(drop)
}

fn load(_: &mut Transcript) -> Result<()> {
    let file = File::open("/modules/cn.ko").context("cannot open cn.ko")?;
    each_allocation(
        // Netlink does not say why it made no socket: the core takes that for EIO, as in C.
        &[Errno::ENOMEM, Errno::EIO],
        || finit_module(&file, c"", ModuleInitFlags::empty()),
        |outcome| {
            if outcome.returned.is_ok() {
                same("the table", read()?.as_str(), EMPTY_TABLE)?;
                drop(Socket::open(&[1])?);
                delete_module(c"cn", DeleteModuleFlags::O_NONBLOCK)?;
            }
            is_gone()
        },
    )
    .map(drop)
}
