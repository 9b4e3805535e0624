// SPDX-License-Identifier: MIT OR Apache-2.0

//! Every error that can be provoked, in the kernel and from userspace.
//!
//! Three that are documented cannot: `-EMSGSIZE` of a send (the buffer is allocated for what is put
//! into it), `-ENOMEM`, and `-EAGAIN` of a registration (no module is loaded before the built-in
//! connector is up). `-EMSGSIZE` and `-EAGAIN` are provoked where netlink gives them.

use anyhow::Result;
use connector::{Datagram, Error, Id, Message, Socket};
use nix::errno::Errno;
use nix::sys::socket::{setsockopt, sockopt};

use crate::driver::{Does, Driver, Send};
use crate::expect::{PATIENCE, message, refused, same, silence};
use crate::ktap::{Group, Test, Transcript};

pub(crate) const GROUP: Group = Group {
    name: "errors",
    tests: &[
        Test::new("enodev-when-nobody-registered-the-id", unknown_id),
        Test::new("esrch-when-nobody-listens", nobody_listens),
        Test::new("einval-for-a-second-registration", second_registration),
        Test::new("econnrefused-when-no-socket-has-the-port", no_such_port),
        Test::new(
            "eagain-when-the-port-is-full-and-the-sender-may-not-sleep",
            full_port,
        ),
        Test::new(
            "emsgsize-when-the-send-buffer-is-smaller",
            small_send_buffer,
        ),
        Test::new("enodata-for-an-empty-datagram", empty_datagram),
        Test::new("einval-for-a-group-that-is-none", no_such_group),
        Test::new("removing-what-is-not-there-is-no-error", removing_nothing),
    ],
};

/// An id of the test module.
const ID: Id = Id::new(22, 1);

fn unknown_id(_: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let listener = Socket::open(&[ID.idx])?;
    let _neighbours = [
        driver.add(Id::new(ID.idx, ID.val + 1), Does::Quiet)?,
        driver.add(Id::new(ID.idx + 1, ID.val), Does::Quiet)?,
        driver.add(Id::new(ID.val, ID.idx), Does::Quiet)?,
    ];
    same("by id", driver.send(Send::by_id(ID))?, Err(Errno::ENODEV))?;
    same(
        "by id and filter",
        driver.send(Send {
            past: 1,
            ..Send::by_id(ID)
        })?,
        Err(Errno::ENODEV),
    )?;
    same(
        "to its group",
        driver.send(Send::by_id(ID).group(ID.idx))?,
        Ok(0),
    )?;
    message(&listener)?;
    silence(&listener)
}

fn nobody_listens(_: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let _registered = driver.add(ID, Does::Quiet)?;
    let _elsewhere = Socket::open(&[ID.idx + 1])?;
    same("by id", driver.send(Send::by_id(ID))?, Err(Errno::ESRCH))?;
    for group in [ID.idx, 32, 33, 64, u32::MAX] {
        same(
            "to a group",
            driver.send(Send::by_id(ID).group(group))?,
            Err(Errno::ESRCH),
        )?;
    }
    Ok(())
}

fn second_registration(transcript: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let echo = driver.add(ID, Does::Echo)?;
    for name in ["probe", "other"] {
        let error = driver.add_as(ID, Does::Quiet, name)?.err();
        same("the error", error, Some(Errno::EINVAL))?;
        transcript.note(format!("as {name}: {error:?}"));
    }
    let socket = Socket::open(&[])?;
    socket.send(&Message::new(echo.id, 1, 1, []))?;
    same("the first goes on", message(&socket)?.ack, 2)
}

fn no_such_port(_: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let port = Socket::open(&[])?.port();
    for atomic in [false, true] {
        let send = Send {
            atomic,
            ..Send::by_id(ID).port(port)
        };
        same("the answer", driver.send(send)?, Err(Errno::ECONNREFUSED))?;
    }
    Ok(())
}

fn full_port(transcript: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let socket = Socket::open(&[])?;
    setsockopt(&socket, sockopt::RcvBuf, &0)?;
    let send = Send {
        len: 4096,
        atomic: true,
        ..Send::by_id(ID).port(socket.port())
    };
    let first = driver.send(send)?;
    transcript.note(format!("first {first:?}"));
    same("the second", driver.send(send)?, Err(Errno::EAGAIN))?;
    refused(
        "the receiver's first look",
        socket.receive(PATIENCE),
        Errno::ENOBUFS,
    )?;
    message(&socket)?;
    silence(&socket)
}

fn small_send_buffer(_: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let echo = driver.add(ID, Does::Echo)?;
    let socket = Socket::open(&[])?;
    setsockopt(&socket, sockopt::SndBuf, &0)?;
    let long = Message::new(echo.id, 1, 1, [0; 16000]);
    refused("more than the buffer", socket.send(&long), Errno::EMSGSIZE)?;
    silence(&socket)?;
    socket.send(&Message::new(echo.id, 1, 1, []))?;
    same("less than the buffer", message(&socket)?.ack, 2)
}

fn empty_datagram(_: &mut Transcript) -> Result<()> {
    refused(
        "nothing",
        Socket::open(&[])?.send_bytes(&[]),
        Errno::ENODATA,
    )
}

fn no_such_group(transcript: &mut Transcript) -> Result<()> {
    let socket = Socket::open(&[])?;
    for group in [0, 33, u32::MAX] {
        refused("joining", socket.join(group), Errno::EINVAL)?;
    }
    let mut last = 0;
    while socket.join(last + 1).is_ok() {
        last += 1;
    }
    transcript.note(format!("the last group is {last}"));
    same("the last group", last, 32)
}

fn removing_nothing(_: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let echo = driver.add(ID, Does::Echo)?;
    driver.remove(Id::new(ID.idx, ID.val + 1))?;
    driver.remove(Id::new(ID.idx + 1, ID.val))?;
    let socket = Socket::open(&[])?;
    let request = Datagram::of(Message::new(echo.id, 1, 1, []))
        .encode()
        .map_err(Error::from)?;
    socket.send_bytes(&request)?;
    same("the neighbour goes on", message(&socket)?.ack, 2)?;
    driver.remove(ID)?;
    driver.remove(ID)?;
    socket.send_bytes(&request)?;
    silence(&socket)
}
