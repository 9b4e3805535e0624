// SPDX-License-Identifier: MIT OR Apache-2.0

//! The kernel's own users of the connector, as the modules that they are: each is loaded, shows in
//! the table, is spoken to, and is unloaded.

use std::fs::File;

use anyhow::{Context, Result};
use connector::{Id, Message, Socket};
use nix::errno::Errno;
use nix::kmod::{ModuleInitFlags, finit_module};

use crate::expect::{datagram, message, same, silence};
use crate::ktap::{Group, Test, Transcript};
use crate::modules::Module;
use crate::proc_connector;

pub(crate) const GROUP: Group = Group {
    name: "users",
    tests: &[
        Test::new("w1-lists-its-masters", w1_masters),
        Test::new("w1-refuses-what-it-does-not-know", w1_errors),
        Test::new("dm-log-userspace-registers-and-takes-messages", dm_log),
        Test::new("cn-test-broadcasts-its-counter", cn_test),
        Test::new("all-of-them-together-in-the-order-of-loading", together),
        Test::new("a-module-comes-and-goes-fifty-times", again_and_again),
    ],
};

pub(super) const W1: Id = Id::new(3, 1);
const W1_ROW: &str = "w1              3:1\n";
const DM_LOG: Id = Id::new(7, 1);
const DM_LOG_ROW: &str = "dmlogusr        7:1\n";
const CN_TEST_ROWS: &str = "cn_test         14:1110\ncn_test         14:1111\n";

/// The types of `struct w1_netlink_msg` (drivers/w1/w1_netlink.h).
const W1_MASTER_CMD: u8 = 4;
pub(super) const W1_LIST_MASTERS: u8 = 6;

/// A `struct w1_netlink_msg` with a status and no data.
pub(super) fn w1_message(kind: u8, status: u8) -> Vec<u8> {
    [&[kind, status][..], &[0; 10]].concat()
}

/// The device-mapper modules that a userspace log needs, in the order of loading.
fn load_dm_log() -> Result<Vec<Module>> {
    [
        "dm-mod",
        "dm-log",
        "dm-region-hash",
        "dm-mirror",
        "dm-log-userspace",
    ]
    .into_iter()
    .map(Module::load)
    .collect()
}

fn unload_all(modules: Vec<Module>) -> Result<()> {
    modules.into_iter().rev().try_for_each(Module::unload)
}

fn table_is(rows: &[&str]) -> Result<()> {
    same(
        "the table",
        proc_connector::read()?,
        [proc_connector::AT_REST, &rows.concat()].concat(),
    )
}

fn w1_masters(transcript: &mut Transcript) -> Result<()> {
    let socket = Socket::open(&[])?;
    let request = Message::new(W1, 5, 100, w1_message(W1_LIST_MASTERS, 0));
    socket.send(&request)?;
    silence(&socket)?;
    let wire = Module::load("wire")?;
    table_is(&[W1_ROW])?;
    socket.send(&request)?;
    let reply = message(&socket)?;
    // Its ack is the request's seq plus one. The flags and the last eight bytes of the data are
    // whatever was in the memory that it allocated.
    same(
        "id, seq and ack",
        (reply.id, reply.seq, reply.ack),
        (W1, 5, 6),
    )?;
    same("the length", reply.data.len(), 12)?;
    same(
        "type, status and length",
        &reply.data[..4],
        &[W1_LIST_MASTERS, 0, 0, 0],
    )?;
    transcript.note(format!("ack {} {:?}", reply.ack, &reply.data[..4]));
    wire.unload()?;
    table_is(&[])?;
    socket.send(&request)?;
    silence(&socket)
}

fn w1_errors(transcript: &mut Transcript) -> Result<()> {
    let wire = Module::load("wire")?;
    let socket = Socket::open(&[])?;
    // No data where a command needs some; then a flag that no version knows.
    let no_data = Message::new(W1, 1, 1, w1_message(W1_MASTER_CMD, 0));
    let bad_flag = Message {
        flags: 0x8000,
        ..no_data.clone()
    };
    for (request, status) in [(no_data, Errno::EPROTO), (bad_flag, Errno::EINVAL)] {
        socket.send(&request)?;
        let reply = message(&socket)?;
        same("the status", reply.data.get(1).copied(), Some(status as u8))?;
        transcript.note(format!("{reply:?}"));
    }
    silence(&socket)?;
    wire.unload()
}

fn dm_log(_: &mut Transcript) -> Result<()> {
    let modules = load_dm_log()?;
    table_is(&[DM_LOG_ROW])?;
    let socket = Socket::open(&[DM_LOG.idx])?;
    // An acknowledgement of a request that it did not make.
    socket.send(&Message::new(DM_LOG, 1, 0, []))?;
    silence(&socket)?;
    unload_all(modules)?;
    table_is(&[])
}

fn cn_test(transcript: &mut Transcript) -> Result<()> {
    let socket = Socket::open(&[14])?;
    let module = Module::load("cn_test")?;
    table_is(&[CN_TEST_ROWS])?;
    let received = datagram(&socket)?;
    same("the group", received.group_mask, 1 << 13)?;
    let want = Message::new(Id::new(14, 0x457), 0, 0, *b"counter = 0\0");
    same("the messages", received.datagram()?.messages, vec![want])?;
    transcript.note("counter = 0");
    module.unload()?;
    table_is(&[])
}

fn together(_: &mut Transcript) -> Result<()> {
    let wire = Module::load("wire")?;
    let cn_test = Module::load("cn_test")?;
    let dm_log = load_dm_log()?;
    table_is(&[W1_ROW, CN_TEST_ROWS, DM_LOG_ROW])?;
    let file = File::open("/modules/wire.ko").context("cannot open wire.ko")?;
    let again = finit_module(&file, c"", ModuleInitFlags::empty());
    same("loading it again", again, Err(Errno::EEXIST))?;
    wire.unload()?;
    table_is(&[CN_TEST_ROWS, DM_LOG_ROW])?;
    unload_all(dm_log)?;
    table_is(&[CN_TEST_ROWS])?;
    cn_test.unload()?;
    table_is(&[])
}

fn again_and_again(_: &mut Transcript) -> Result<()> {
    let socket = Socket::open(&[])?;
    let request = Message::new(W1, 1, 1, w1_message(W1_LIST_MASTERS, 0));
    for _ in 0..50 {
        let wire = Module::load("wire")?;
        socket.send(&request)?;
        message(&socket)?;
        wire.unload()?;
        socket.send(&request)?;
        silence(&socket)?;
    }
    table_is(&[])
}
