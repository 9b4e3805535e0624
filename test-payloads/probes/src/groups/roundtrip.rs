// SPDX-License-Identifier: MIT OR Apache-2.0

//! Request and reply: what a driver is handed, and what its answer looks like.

use std::time::Duration;

use anyhow::{Context, Result};
use connector::wire::{DONE, ENVELOPE_LEN, HEADER_LEN, REQUEST_MAX};
use connector::{Client, Envelope, Error, Id, Message, Socket};

use crate::driver::{Does, Driver, Seen, Send};
use crate::expect::{PATIENCE, counting, datagram, message, same, silence};
use crate::ktap::{Group, Test, Transcript};

pub(crate) const GROUP: Group = Group {
    name: "roundtrip",
    tests: &[
        Test::new("every-size-comes-back", every_size),
        Test::new(
            "the-driver-sees-the-message-and-its-sender",
            what_the_driver_sees,
        ),
        Test::new("the-reply-is-addressed-as-the-abi-says", reply_envelope),
        Test::new("each-of-many-ids-has-its-own-callback", many_ids),
        Test::new("a-thousand-replies-keep-their-order", order),
        Test::new("replies-go-to-their-sender-alone", two_senders),
        Test::new("the-kernel-sends-more-than-it-takes", long_unicast),
        Test::new("a-client-gets-the-reply-to-its-request", client),
    ],
};

/// An id of the test module.
const ID: Id = Id::new(22, 1);

/// The most data that fits a request.
const DATA_MAX: usize = REQUEST_MAX - HEADER_LEN;

/// Every size up to 64, then those around the powers of two, then those around the limit.
fn sizes() -> impl Iterator<Item = usize> {
    let around = |at: usize| [at - 1, at, at + 1];
    (0..=64)
        .chain((7..14).flat_map(move |bits| around(1 << bits)))
        .chain([DATA_MAX - 1, DATA_MAX])
}

fn every_size(transcript: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let echo = driver.add(ID, Does::Echo)?;
    let socket = Socket::open(&[])?;
    let edges = [
        (0, 0),
        (1, u32::MAX),
        (u32::MAX, 0x8000_0000),
        (0x1234_5678, 41),
    ];
    for (len, (seq, ack)) in sizes().zip(edges.into_iter().cycle()) {
        let request = Message::new(echo.id, seq, ack, counting(seq, len));
        socket.send(&request)?;
        let reply = message(&socket).with_context(|| format!("with {len} bytes"))?;
        same(
            "the reply",
            &reply,
            &Message {
                ack: ack.wrapping_add(1),
                ..request
            },
        )?;
    }
    transcript.note(format!("{} sizes from 0 to {DATA_MAX}", sizes().count()));
    silence(&socket)
}

fn what_the_driver_sees(transcript: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let quiet = driver.add(ID, Does::Quiet)?;
    let socket = Socket::open(&[])?;
    let calls = driver.seen()?.calls;
    socket.send(&Message {
        flags: 0xabcd,
        ..Message::new(quiet.id, 5, 9, [0; 300])
    })?;
    let seen = driver.seen()?;
    let want = Seen {
        calls: calls + 1,
        running: 0,
        id: quiet.id,
        seq: 5,
        ack: 9,
        len: 300,
        flags: 0xabcd,
        port: socket.port(),
        uid: 0,
    };
    same("what the driver saw", seen, want)?;
    transcript.note(format!(
        "seq {} ack {} len {} flags {:#x}",
        seen.seq, seen.ack, seen.len, seen.flags
    ));
    silence(&socket)
}

fn reply_envelope(transcript: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let echo = driver.add(ID, Does::Echo)?;
    let socket = Socket::open(&[])?;
    socket.send(&Message::new(echo.id, 77, 0, [1; 5]))?;
    let received = datagram(&socket)?;
    let envelope = received.datagram()?.envelope;
    same(
        "the envelope",
        envelope,
        Envelope {
            kind: DONE,
            flags: 0,
            seq: 77,
            port: 0,
        },
    )?;
    same(
        "the sender's port and group",
        (received.port, received.group_mask),
        (0, 0),
    )?;
    let padded = (ENVELOPE_LEN + HEADER_LEN + 5).next_multiple_of(4);
    same("bytes on the wire", received.bytes.len(), padded)?;
    transcript.note(format!("{envelope:?} {} bytes", received.bytes.len()));
    Ok(())
}

fn many_ids(transcript: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let socket = Socket::open(&[])?;
    let corners = [0, 1, 31, 32, 33, 0x7fff_ffff, 0x8000_0000, u32::MAX];
    let pairs = |idx| corners.into_iter().map(move |val| Id::new(idx, val));
    let ids = corners
        .into_iter()
        .flat_map(pairs)
        .filter(|&id| id != connector::process::ID);
    let registered: Vec<_> = ids
        .map(|id| driver.add(id, Does::Echo))
        .collect::<Result<_>>()?;
    for (one, seq) in registered.iter().zip(1..) {
        let request = Message::new(one.id, seq, seq, counting(seq, 8));
        socket.send(&request)?;
        same(
            "the reply",
            &message(&socket)?,
            &Message {
                ack: seq + 1,
                ..request
            },
        )?;
    }
    transcript.note(format!("{} ids", registered.len()));
    silence(&socket)
}

fn order(_: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let echo = driver.add(ID, Does::Echo)?;
    let socket = Socket::open(&[])?;
    for round in 0..10 {
        let round = round * 100..(round + 1) * 100;
        for seq in round.clone() {
            socket.send(&Message::new(echo.id, seq, 0, []))?;
        }
        for seq in round {
            same("seq", message(&socket)?.seq, seq)?;
        }
    }
    silence(&socket)
}

fn two_senders(_: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let echo = driver.add(ID, Does::Echo)?;
    let (first, second) = (Socket::open(&[ID.idx])?, Socket::open(&[ID.idx])?);
    first.send(&Message::new(echo.id, 1, 0, []))?;
    second.send(&Message::new(echo.id, 2, 0, []))?;
    same("the first's seq", message(&first)?.seq, 1)?;
    same("the second's seq", message(&second)?.seq, 2)?;
    silence(&first)?;
    silence(&second)
}

fn long_unicast(transcript: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let socket = Socket::open(&[])?;
    for len in [0, DATA_MAX + 1, REQUEST_MAX, usize::from(u16::MAX)] {
        let send = Send {
            seq: 3,
            len,
            ..Send::by_id(ID).port(socket.port())
        };
        let answer = driver.send(send)?;
        same("the data", message(&socket)?.data, counting(3, len))?;
        transcript.note(format!("{len} bytes of data: {answer:?}"));
    }
    silence(&socket)
}

/// Not that to an earlier one, and an error when there is none.
fn client(_: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let echo = driver.add(ID, Does::Echo)?;
    let quiet = driver.add(Id::new(ID.idx, ID.val + 1), Does::Quiet)?;
    let mut client = Client::open()?;
    for len in [0, 1, DATA_MAX] {
        let data = counting(7, len);
        // Its reply comes first, and is nobody's.
        let other = Message::new(echo.id, 0, 0, *b"other");
        client.socket().send(&other)?;
        let reply = client.request(echo.id, &data, PATIENCE)?;
        same("the reply", reply.data, data)?;
    }
    let patience = Duration::from_millis(20);
    let outcome = client.request(quiet.id, b"hello", patience);
    let id = quiet.id;
    same("no reply", outcome, Err(Error::Unanswered { id, patience }))?;
    let reply = client.request(echo.id, b"after it", PATIENCE)?;
    same("the next reply", reply.data, b"after it".to_vec())
}
