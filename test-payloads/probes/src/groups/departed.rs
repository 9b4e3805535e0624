// SPDX-License-Identifier: MIT OR Apache-2.0

//! A driver's module that is unloaded while a callback runs that has removed itself, so that
//! nothing is left for the module to remove.

use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use connector::{Id, Message, Socket};

use crate::expect::{message, same};
use crate::ktap::{Group, Test, Transcript};
use crate::modules::Module;

pub(crate) const GROUP: Group = Group {
    name: "departed",
    tests: &[Test::new("its-module-waits-for-it", module_waits)],
};

/// The id in the module `cn_storm` whose callback removes itself, answers, and answers again after
/// `seq` milliseconds.
const ID: Id = Id::new(23, 2);

fn module_waits(_: &mut Transcript) -> Result<()> {
    let driver = Module::load("cn_storm")?;
    let socket = Socket::open(&[])?;
    let request = Message::new(ID, 300, 0, []);
    thread::scope(|scope| {
        let sender = scope.spawn(|| socket.send(&request));
        same("as it begins", message(&socket)?.ack, 1)?;
        driver.unload()?;
        let last = socket.receive(Duration::ZERO)?;
        let last = last.context("the module went before its callback ended")?;
        same("as it ends", last.datagram()?.messages[0].ack, 2)?;
        sender
            .join()
            .map_err(|_| anyhow!("the sender panicked"))??;
        Ok(())
    })
}
