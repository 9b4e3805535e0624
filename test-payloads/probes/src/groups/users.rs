// SPDX-License-Identifier: MIT OR Apache-2.0

//! The kernel's own users of the connector, as the modules that they are: each is loaded, shows in
//! the table, is spoken to, and is unloaded.

use std::fs::File;

use anyhow::{Context, Result};
use connector::{Id, Message, Socket};
use nix::errno::Errno;
use nix::kmod::{ModuleInitFlags, finit_module};

use crate::driver::{Does, Driver};
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
        Test::new("w1-sends-no-old-memory", w1_zeroes),
        Test::new(
            "cn-test-undoes-what-it-did-when-an-id-is-taken",
            cn_test_undoes,
        ),
    ],
};

pub(super) const W1: Id = Id::new(3, 1);
const W1_ROW: &str = "w1              3:1\n";
const DM_LOG: Id = Id::new(7, 1);
const DM_LOG_ROW: &str = "dmlogusr        7:1\n";
/// The second of the two ids that cn_test registers.
const CN_TEST_SECOND: Id = Id::new(14, 0x457);
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
    // Its ack is the request's seq plus one.
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

/// Nothing of the reply may come from what was in its memory before.
fn w1_zeroes(_: &mut Transcript) -> Result<()> {
    // Of the size of the memory that w1 asks for, and gone when it does.
    let ones = Message::new(
        Id::new(u32::MAX, u32::MAX),
        u32::MAX,
        u32::MAX,
        [0xff; 3600],
    );
    let request = Message::new(W1, 5, 100, w1_message(W1_LIST_MASTERS, 0));
    let wire = Module::load("wire")?;
    let socket = Socket::open(&[])?;
    for _ in 0..20 {
        socket.send(&ones)?;
        socket.send(&request)?;
        let reply = message(&socket)?;
        same("the flags", reply.flags, 0)?;
        same("the reply", reply.data, w1_message(W1_LIST_MASTERS, 0))?;
    }
    wire.unload()
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
    let want = Message::new(CN_TEST_SECOND, 0, 0, *b"counter = 0\0");
    same("the messages", received.datagram()?.messages, vec![want])?;
    transcript.note("counter = 0");
    module.unload()?;
    table_is(&[])
}

/// The last test: the id that is left otherwise has a callback whose code is gone.
fn cn_test_undoes(_: &mut Transcript) -> Result<()> {
    let probe = Module::load("cn_probe")?;
    let driver = Driver::open()?;
    let taken = driver.add_as(CN_TEST_SECOND, Does::Quiet, "taken")?;
    let file = File::open("/modules/cn_test.ko").context("cannot open cn_test.ko")?;
    let refused = finit_module(&file, c"", ModuleInitFlags::empty());
    same("loading it", refused, Err(Errno::EINVAL))?;
    table_is(&["taken           14:1111\n"])?;
    drop(taken);
    drop(driver);
    probe.unload()
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
