// SPDX-License-Identifier: MIT OR Apache-2.0

//! The connector's core as a module that is loaded and unloaded.

use std::fs;

use anyhow::{Result, ensure};
use connector::{Id, Message, Socket};
use nix::errno::Errno;
use nix::kmod::{DeleteModuleFlags, delete_module};

use crate::expect::{message, refused, same, silence};
use crate::ktap::{Group, Test, Transcript};
use crate::modules::Module;
use crate::proc_connector;

pub(crate) const GROUP: Group = Group {
    name: "core",
    tests: &[
        Test::new("without-it-there-is-no-protocol", absent),
        Test::new("loaded-it-has-an-empty-table", empty),
        Test::new("a-socket-keeps-it-loaded", held_by_a_socket),
        Test::new("a-driver-keeps-it-loaded", held_by_a_driver),
        Test::new("its-drivers-answer", answers),
        Test::new("it-comes-and-goes-a-hundred-times", again_and_again),
    ],
};

pub(super) const NAME: &str = "cn";
pub(super) const EMPTY_TABLE: &str = "Name            ID\n";
/// The one driver that asks nothing of the machine.
const DRIVER: &str = "wire";
const DRIVER_ID: Id = Id::new(3, 1);
/// `struct w1_netlink_msg` of type `W1_LIST_MASTERS`, without data.
const LIST_MASTERS: [u8; 12] = [6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// The kernel's refusal to unload the core now.
fn stays() -> Result<()> {
    let outcome = delete_module(c"cn", DeleteModuleFlags::O_NONBLOCK);
    same("unloading it", outcome, Err(Errno::EWOULDBLOCK))
}

pub(super) fn is_gone() -> Result<()> {
    refused("a socket", Socket::open(&[]), Errno::EPROTONOSUPPORT)?;
    ensure!(
        !fs::exists(proc_connector::PATH)?,
        "the table is still there"
    );
    Ok(())
}

fn absent(_: &mut Transcript) -> Result<()> {
    is_gone()
}

fn empty(transcript: &mut Transcript) -> Result<()> {
    let core = Module::load(NAME)?;
    let table = proc_connector::read()?;
    transcript.note(format!("|{}|", table.trim_end()));
    same("the table", table.as_str(), EMPTY_TABLE)?;
    core.unload()?;
    is_gone()
}

fn held_by_a_socket(_: &mut Transcript) -> Result<()> {
    let core = Module::load(NAME)?;
    let socket = Socket::open(&[1])?;
    stays()?;
    drop(socket);
    core.unload()?;
    is_gone()
}

fn held_by_a_driver(_: &mut Transcript) -> Result<()> {
    let core = Module::load(NAME)?;
    let driver = Module::load(DRIVER)?;
    stays()?;
    driver.unload()?;
    same("the table", proc_connector::read()?.as_str(), EMPTY_TABLE)?;
    core.unload()
}

fn answers(transcript: &mut Transcript) -> Result<()> {
    let core = Module::load(NAME)?;
    let driver = Module::load(DRIVER)?;
    let socket = Socket::open(&[])?;
    let request = Message::new(DRIVER_ID, 5, 100, LIST_MASTERS);
    socket.send(&request)?;
    let reply = message(&socket)?;
    same(
        "id, seq and ack",
        (reply.id, reply.seq, reply.ack),
        (DRIVER_ID, 5, 6),
    )?;
    transcript.note(format!("ack {}", reply.ack));
    driver.unload()?;
    socket.send(&request)?;
    silence(&socket)?;
    drop(socket);
    core.unload()
}

fn again_and_again(_: &mut Transcript) -> Result<()> {
    for _ in 0..100 {
        Module::load(NAME)?.unload()?;
    }
    is_gone()
}
