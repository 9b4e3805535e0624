// SPDX-License-Identifier: MIT OR Apache-2.0

//! Drivers that were not built against the core that runs.

use anyhow::{Context, Result};
use connector::{Id, Message, Socket};
use nix::errno::Errno;

use crate::driver::{Does, Driver, Send};
use crate::expect::{counting, datagram, message, same, silence};
use crate::ktap::{Group, Test, Transcript};
use crate::module_file::ModuleFile;
use crate::modules::Module;

pub(crate) const GROUP: Group = Group {
    name: "versions",
    tests: &[
        Test::new("a-driver-built-against-the-c-core-works", built_against_c),
        Test::new(
            "a-driver-built-against-the-rust-core-works",
            built_against_rust,
        ),
        Test::new("a-driver-of-another-version-is-refused", another_version),
    ],
};

/// The test module as each flavor builds it.
const OF_C: &str = "stock-module/cn_probe";
const OF_RUST: &str = "rust-module/cn_probe";

/// An id of the test module; its group is the idx.
const ID: Id = Id::new(22, 1);

/// What the test module calls of the core.
const FUNCTIONS: [&str; 4] = [
    "cn_add_callback",
    "cn_del_callback",
    "cn_netlink_send",
    "cn_netlink_send_mult",
];

fn built_against_c(_: &mut Transcript) -> Result<()> {
    works(OF_C)
}

fn built_against_rust(_: &mut Transcript) -> Result<()> {
    works(OF_RUST)
}

/// Loads a driver and has it call each of [`FUNCTIONS`].
fn works(module: &str) -> Result<()> {
    let module = Module::load(module)?;
    let driver = Driver::open()?;
    let echo = driver.add(ID, Does::Echo)?;
    let socket = Socket::open(&[ID.idx])?;
    let request = Message::new(ID, 5, 6, counting(5, 100));
    socket.send(&request)?;
    same(
        "the reply",
        message(&socket)?,
        Message { ack: 7, ..request },
    )?;
    let bundle = Send {
        len: 10,
        count: 3,
        ..Send::by_id(ID).group(ID.idx)
    };
    same("the answer to a bundle", driver.send(bundle)?, Ok(0))?;
    let messages = datagram(&socket)?.datagram()?.messages;
    same("messages of the bundle", messages.len(), 3)?;
    drop(echo);
    socket.send(&Message::new(ID, 0, 0, []))?;
    silence(&socket)?;
    // An open file keeps the module loaded.
    drop(driver);
    module.unload()
}

fn another_version(transcript: &mut Transcript) -> Result<()> {
    for function in FUNCTIONS {
        let mut module = ModuleFile::read(OF_C)?;
        module.change_version(function)?;
        let refusal = module.load();
        transcript.note(format!("{function}: {refusal:?}"));
        same("loading it", refusal, Err(Errno::EINVAL)).context(function)?;
    }
    // It was the version, and nothing else that is wrong with a module that is loaded so.
    ModuleFile::read(OF_C)?
        .load()
        .context("as it was built it does not load either")?;
    Module::loaded(OF_C)?.unload()
}
