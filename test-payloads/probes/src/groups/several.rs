// SPDX-License-Identifier: MIT OR Apache-2.0

//! Several messages in one datagram.

use anyhow::Result;
use connector::wire::MULTI;
use connector::{Datagram, Id, Message, Socket};

use crate::driver::{Does, Driver};
use crate::expect::{counting, message, same, silence};
use crate::ktap::{Group, Test, Transcript};

pub(crate) const GROUP: Group = Group {
    name: "several",
    tests: &[
        Test::new("each-message-of-a-datagram-is-answered", answered),
        Test::new("a-callback-may-go-while-its-messages-come", gone),
        Test::new("what-follows-unsaid-is-not-read", unsaid),
        Test::new("what-follows-a-malformed-message-is-not-read", malformed),
        Test::new("a-datagram-may-be-full-of-them", full),
    ],
};

const IDS: [Id; 2] = [Id::new(22, 1), Id::new(22, 2)];

/// A message of the length `seq`, to each of the ids in turn.
fn request(seq: u32) -> Message {
    let id = IDS[seq as usize % IDS.len()];
    Message::new(id, seq, 7, counting(seq, seq as usize))
}

/// The replies to these must be there, and no others.
fn replies(socket: &Socket, requests: impl IntoIterator<Item = Message>) -> Result<()> {
    for request in requests {
        let ack = request.ack.wrapping_add(1);
        same("a reply", message(socket)?, Message { ack, ..request })?;
    }
    silence(socket)
}

fn answered(_: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let _echoes = [
        driver.add(IDS[0], Does::Echo)?,
        driver.add(IDS[1], Does::Echo)?,
    ];
    let socket = Socket::open(&[])?;
    for count in [1, 2, 3, 16, 100] {
        let requests: Vec<_> = (0..count).map(request).collect();
        socket.send_together(&requests)?;
        replies(&socket, requests)?;
    }
    Ok(())
}

fn gone(_: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let _callbacks = [
        driver.add(IDS[0], Does::Leave)?,
        driver.add(IDS[1], Does::Echo)?,
    ];
    let socket = Socket::open(&[])?;
    let before = driver.seen()?.calls;
    socket.send_together(&[request(0), request(2), request(1), request(4)])?;
    replies(&socket, [request(1)])?;
    same("calls", driver.seen()?.calls - before, 2)
}

fn unsaid(_: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let _echo = driver.add(IDS[0], Does::Echo)?;
    let socket = Socket::open(&[])?;
    let both = [request(2), request(4)].map(Datagram::of);
    let said = Datagram::encode_together(&both)?;
    for flags in [0, !MULTI] {
        let mut bytes = said.clone();
        bytes[6..8].copy_from_slice(&flags.to_ne_bytes());
        socket.send_bytes(&bytes)?;
        replies(&socket, [request(2)])?;
    }
    socket.send_bytes(&said)?;
    replies(&socket, [request(2), request(4)])
}

fn malformed(_: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let _echo = driver.add(IDS[0], Does::Echo)?;
    let socket = Socket::open(&[])?;
    let all = [request(2), request(4), request(6)].map(Datagram::of);
    let good = Datagram::encode_together(&all)?;
    let second = Datagram::encode_together(&all[..1])?
        .len()
        .next_multiple_of(4);
    // The lengths of the netlink message and of the data, one too long for what follows.
    for (at, len) in [(second, [0xff; 2]), (second + 32, [5, 0])] {
        let mut bytes = good.clone();
        bytes[at..at + 2].copy_from_slice(&len);
        socket.send_bytes(&bytes)?;
        replies(&socket, [request(2)])?;
    }
    Ok(())
}

fn full(transcript: &mut Transcript) -> Result<()> {
    /// Nearly what the send buffer takes that a socket has by default.
    const MESSAGES: u32 = 5000;

    let driver = Driver::open()?;
    let _quiet = driver.add(IDS[0], Does::Quiet)?;
    let socket = Socket::open(&[])?;
    let before = driver.seen()?.calls;
    let messages: Vec<_> = (0..MESSAGES)
        .map(|seq| Message::new(IDS[0], seq, 0, []))
        .collect();
    socket.send_together(&messages)?;
    let seen = driver.seen()?;
    same("calls", seen.calls - before, MESSAGES)?;
    same("the last", seen.seq, MESSAGES - 1)?;
    transcript.note(format!("{MESSAGES} messages"));
    Ok(())
}
