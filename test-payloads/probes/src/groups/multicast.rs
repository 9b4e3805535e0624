// SPDX-License-Identifier: MIT OR Apache-2.0

//! Broadcasts: who gets one, how often, and what is on it.

use anyhow::{Context, Result};
use connector::{Error, Id, Message, Socket};
use nix::errno::Errno;
use nix::sys::socket::{setsockopt, sockopt};

use crate::driver::{Does, Driver, Send};
use crate::expect::{counting, datagram, message, refused, same, silence};
use crate::ktap::{Group, Test, Transcript};

pub(crate) const GROUP: Group = Group {
    name: "multicast",
    tests: &[
        Test::new("every-member-gets-one-copy", every_member),
        Test::new("a-socket-in-several-groups-hears-each", several_groups),
        Test::new("who-leaves-hears-no-more", leaving),
        Test::new("every-group-carries", every_group),
        Test::new("a-bundle-arrives-in-one-datagram", bundle),
        Test::new("a-filter-passes-over-sockets", filter),
        Test::new(
            "with-a-port-the-group-gets-it-and-the-port-does-not",
            port_and_group,
        ),
        Test::new(
            "root-may-send-to-a-group-and-the-driver-hears-it-too",
            from_userspace,
        ),
        Test::new("a-full-member-loses-its-copy-alone", full_member),
    ],
};

/// An id of the test module; its group is the idx.
const ID: Id = Id::new(22, 1);

fn every_member(_: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let open = |_| Socket::open(&[ID.idx]);
    let members: Vec<_> = (0..8).map(open).collect::<Result<_, _>>()?;
    let (outsider, elsewhere) = (Socket::open(&[])?, Socket::open(&[ID.idx + 1])?);
    let send = Send {
        seq: 5,
        ack: 6,
        len: 100,
        ..Send::by_id(ID).group(ID.idx)
    };
    for atomic in [false, true] {
        same(
            "a broadcast's answer",
            driver.send(Send { atomic, ..send })?,
            Ok(0),
        )?;
        for member in &members {
            same(
                "the copy",
                message(member)?,
                Message::new(ID, 5, 6, counting(5, 100)),
            )?;
            silence(member)?;
        }
    }
    silence(&outsider)?;
    silence(&elsewhere)
}

fn several_groups(transcript: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let groups = [20, 22, 24, 31];
    let bound = Socket::open(&groups)?;
    let joined = Socket::open(&[])?;
    for group in groups {
        joined.join(group)?;
    }
    for (group, seq) in (19..=32).zip(0..) {
        let answer = driver.send(Send {
            seq,
            ..Send::by_id(ID).group(group)
        })?;
        if !groups.contains(&group) {
            same("without a member", answer, Err(Errno::ESRCH))?;
            continue;
        }
        for socket in [&bound, &joined] {
            let received = datagram(socket)?;
            same(
                "the group on the copy",
                received.group_mask,
                1 << (group - 1),
            )?;
            same("seq", received.datagram()?.envelope.seq, seq)?;
        }
        transcript.note(format!("group {group} is heard"));
    }
    silence(&bound)?;
    silence(&joined)
}

fn leaving(_: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let send = Send::by_id(ID).group(ID.idx);
    let (stays, leaves) = (Socket::open(&[ID.idx])?, Socket::open(&[ID.idx])?);
    leaves.leave(ID.idx)?;
    same("with one member", driver.send(send)?, Ok(0))?;
    silence(&leaves)?;
    datagram(&stays)?;
    drop(stays);
    same("without a member", driver.send(send)?, Err(Errno::ESRCH))?;
    leaves.join(ID.idx)?;
    same("with a member again", driver.send(send)?, Ok(0))?;
    datagram(&leaves).map(drop)
}

fn every_group(transcript: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let mut carrying = 0;
    for group in 1..=32 {
        let socket = Socket::open(&[group])?;
        let answer = driver.send(Send::by_id(ID).group(group))?;
        same("the answer", answer, Ok(0)).with_context(|| format!("group {group}"))?;
        datagram(&socket).with_context(|| format!("group {group}"))?;
        silence(&socket)?;
        carrying += 1;
    }
    transcript.note(format!("{carrying} groups"));
    Ok(())
}

fn bundle(transcript: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let socket = Socket::open(&[ID.idx])?;
    // The lengths are odd, so that the messages are not aligned.
    let send = Send {
        seq: 10,
        ack: 3,
        len: 7,
        count: 5,
        ..Send::by_id(ID)
    };
    let want: Vec<_> = (10..15)
        .map(|seq| Message::new(ID, seq, 3, counting(seq, 7)))
        .collect();
    same("to the group", driver.send(send.group(ID.idx))?, Ok(0))?;
    let datagram = datagram(&socket)?.datagram()?;
    same("the messages", &datagram.messages, &want)?;
    same("the envelope's seq", datagram.envelope.seq, 10)?;
    let answer = driver.send(send.port(socket.port()))?;
    same(
        "the messages to a port",
        &crate::expect::datagram(&socket)?.datagram()?.messages,
        &want,
    )?;
    transcript.note(format!(
        "{} messages; to a port: {answer:?}",
        datagram.messages.len()
    ));
    silence(&socket)
}

fn filter(_: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let (first, second) = (Socket::open(&[ID.idx])?, Socket::open(&[ID.idx])?);
    setsockopt(&first, sockopt::Priority, &3)?;
    setsockopt(&second, sockopt::Priority, &4)?;
    let past = |past| Send {
        past,
        ..Send::by_id(ID).group(ID.idx)
    };
    same("past the first", driver.send(past(3))?, Ok(0))?;
    silence(&first)?;
    datagram(&second)?;
    same("past the second", driver.send(past(4))?, Ok(0))?;
    datagram(&first)?;
    silence(&second)?;
    setsockopt(&second, sockopt::Priority, &3)?;
    same("past both", driver.send(past(3))?, Err(Errno::ESRCH))?;
    silence(&first)?;
    silence(&second)
}

/// Against the comment in the kernel's sources; clients have lived with it since 2005.
fn port_and_group(transcript: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let (named, other) = (Socket::open(&[ID.idx])?, Socket::open(&[ID.idx])?);
    let send = Send::by_id(ID).group(ID.idx).port(named.port());
    let answer = driver.send(send)?;
    datagram(&other)?;
    silence(&named)?;
    drop(other);
    transcript.note(format!(
        "with another member {answer:?}, alone {:?}",
        driver.send(send)?
    ));
    silence(&named)
}

fn from_userspace(_: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let echo = driver.add(ID, Does::Echo)?;
    let (sender, member) = (Socket::open(&[])?, Socket::open(&[ID.idx])?);
    let request = Message::new(echo.id, 8, 0, *b"to all");
    let bytes = connector::Datagram::of(request.clone())
        .encode()
        .map_err(Error::from)?;
    sender.send_bytes_to(&bytes, 0, 1 << (ID.idx - 1))?;
    let copy = datagram(&member)?;
    same("who sent the copy", copy.port, sender.port())?;
    same("the copy", copy.datagram()?.messages, vec![request.clone()])?;
    same(
        "the driver's reply",
        message(&sender)?,
        Message { ack: 1, ..request },
    )?;
    silence(&member)
}

fn full_member(_: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let (full, roomy) = (Socket::open(&[ID.idx])?, Socket::open(&[ID.idx])?);
    setsockopt(&full, sockopt::RcvBuf, &0)?;
    let send = Send {
        len: 4096,
        ..Send::by_id(ID).group(ID.idx)
    };
    for seq in 0..4 {
        same("the answer", driver.send(Send { seq, ..send })?, Ok(0))?;
    }
    for seq in 0..4 {
        same("seq", message(&roomy)?.seq, seq)?;
    }
    refused(
        "the full member's first look",
        full.receive(crate::expect::PATIENCE),
        Errno::ENOBUFS,
    )?;
    same("what fitted", message(&full)?.seq, 0)?;
    silence(&full)?;
    same("the answer once there is room", driver.send(send)?, Ok(0))?;
    message(&full).map(drop)
}
