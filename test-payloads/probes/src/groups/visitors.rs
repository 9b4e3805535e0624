// SPDX-License-Identifier: MIT OR Apache-2.0

//! What drivers keep in the sockets of their clients: `test-payloads/modules/visitors`, and process
//! events, which keep there what a client wants to hear.

use anyhow::{Result, ensure};
use connector::process::{self, Request, What};
use connector::{Id, Message, Socket};
use nix::errno::Errno;
use nix::sys::prctl;

use crate::acknowledged;
use crate::expect::{message, same};
use crate::ktap::{Group, Test, Transcript};
use crate::listener::{Listener, drain};
use crate::modules::Module;

pub(crate) const GROUP: Group = Group {
    name: "visitors",
    tests: &[
        Test::new("each-client-is-counted-by-itself", apart),
        Test::new(
            "what-another-driver-keeps-is-left-alone",
            events_come_second,
        ),
        Test::new(
            "who-listens-to-events-keeps-nothing-else",
            events_come_first,
        ),
    ],
};

/// As the driver has them.
const NAME: &str = "visitors";
const ID: Id = Id::new(0x18, 1);

/// How often the client has been here.
fn visit(socket: &Socket) -> Result<u32> {
    socket.send(&Message::new(ID, 1, 0, []))?;
    let data = message(socket)?.data;
    let number = data.as_slice().try_into().map(u32::from_ne_bytes);
    Ok(number?)
}

fn apart(_: &mut Transcript) -> Result<()> {
    let _driver = Module::load(NAME)?;
    let [one, other] = [Socket::open(&[])?, Socket::open(&[])?];
    same("visits", visit(&one)?, 1)?;
    same("visits", visit(&one)?, 2)?;
    same("visits of another", visit(&other)?, 1)
}

/// What the kernel answers to the requests of a client that are not its own to hear.
fn answers(bystander: &Listener) -> Result<Vec<u32>> {
    let events = drain(&bystander.socket)?;
    let errors = events.iter().filter_map(|event| match event.what {
        What::Ack { error } => Some(error),
        _ => None,
    });
    Ok(errors.collect())
}

/// Whoever listens must hear on, whatever a client of both drivers asks for.
fn events_come_second(transcript: &mut Transcript) -> Result<()> {
    const BUSY: u32 = Errno::EBUSY as u32;
    let driver = Module::load(NAME)?;
    let bystander = Listener::open(Request::Listen)?;
    let socket = Socket::open(&[])?;
    same("visits", visit(&socket)?, 1)?;
    drain(&bystander.socket)?;
    for request in [Request::Ignore, Request::Listen, Request::Ignore] {
        socket.send(&request.message(1, 1))?;
        let answers = answers(&bystander)?;
        transcript.note(format!("{request:?}: {answers:?}"));
        same("the answer", answers, vec![BUSY])?;
    }
    same("visits", visit(&socket)?, 2)?;
    drop(socket);
    drop(driver);
    drain(&bystander.socket)?;
    prctl::set_name(c"probes")?;
    ensure!(
        !drain(&bystander.socket)?.is_empty(),
        "who listens hears nothing any more"
    );
    drop(bystander);
    let member = Socket::open(&[process::ID.idx])?;
    prctl::set_name(c"probes")?;
    same("what who did not ask heard", drain(&member)?.len(), 0)
}

fn events_come_first(_: &mut Transcript) -> Result<()> {
    let _driver = Module::load(NAME)?;
    let socket = acknowledged::open()?;
    socket.send(&Request::Listen.message(1, 1))?;
    let answer = acknowledged::ask(&socket, Message::new(ID, 1, 0, []))?;
    same("the answer", answer.error, Some(Errno::EBUSY))
}
