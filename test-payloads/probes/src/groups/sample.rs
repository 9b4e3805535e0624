// SPDX-License-Identifier: MIT OR Apache-2.0

//! The driver in Rust, `samples/rust/rust_connector.rs`: it sends back what it is sent, and a
//! message to its group every second.

use anyhow::Result;
use connector::wire::{HEADER_LEN, REQUEST_MAX};
use connector::{Id, Message, Socket};

use crate::expect::{counting, datagram, message, same, silence};
use crate::ktap::{Group, Test, Transcript};
use crate::modules::Module;
use crate::proc_connector;

pub(crate) const GROUP: Group = Group {
    name: "sample",
    tests: &[
        Test::new("it-sends-back-what-it-is-sent", echo),
        Test::new("it-ticks-every-second", ticks),
        Test::new("it-comes-and-goes-under-its-clients", again_and_again),
    ],
};

/// As the sample has them.
const NAME: &str = "rust_connector";
const ID: Id = Id::new(0x15, 1);

fn table_with_sample() -> String {
    format!("{}rust_connector  21:1\n", proc_connector::AT_REST)
}

fn echo(transcript: &mut Transcript) -> Result<()> {
    let sample = Module::load(NAME)?;
    same("the table", proc_connector::read()?, table_with_sample())?;
    let socket = Socket::open(&[])?;
    let largest = REQUEST_MAX - HEADER_LEN;
    for (len, seq) in [0, 1, 2, 3, 4, 5, 63, 64, 65, 4095, 4096, largest]
        .into_iter()
        .zip(100..)
    {
        let request = Message::new(ID, seq, u32::MAX - 105 + seq, counting(seq, len));
        socket.send(&request)?;
        let ack = request.ack.wrapping_add(1);
        same("the reply", message(&socket)?, Message { ack, ..request })?;
    }
    transcript.note(format!("up to {largest} bytes of data"));
    silence(&socket)?;
    sample.unload()?;
    same(
        "the table",
        proc_connector::read()?.as_str(),
        proc_connector::AT_REST,
    )?;
    socket.send(&Message::new(ID, 1, 1, []))?;
    silence(&socket)
}

fn ticks(transcript: &mut Transcript) -> Result<()> {
    let socket = Socket::open(&[ID.idx])?;
    let sample = Module::load(NAME)?;
    for tick in 0..2 {
        let received = datagram(&socket)?;
        same("the group", received.group_mask, 1 << (ID.idx - 1))?;
        let want = Message::new(ID, tick, 0, format!("tick {tick}"));
        same("the messages", received.datagram()?.messages, vec![want])?;
        transcript.note(format!("tick {tick}"));
    }
    sample.unload()?;
    silence(&socket)
}

fn again_and_again(_: &mut Transcript) -> Result<()> {
    let socket = Socket::open(&[])?;
    for seq in 0..50 {
        let sample = Module::load(NAME)?;
        socket.send(&Message::new(ID, seq, seq, []))?;
        same(
            "the reply",
            message(&socket)?,
            Message::new(ID, seq, seq + 1, []),
        )?;
        sample.unload()?;
        socket.send(&Message::new(ID, seq, seq, []))?;
        silence(&socket)?;
    }
    Ok(())
}
