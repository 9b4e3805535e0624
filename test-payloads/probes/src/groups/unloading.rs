// SPDX-License-Identifier: MIT OR Apache-2.0

//! A driver's module that is unloaded while its callback waits.

use std::time::Instant;

use anyhow::{Result, ensure};
use connector::Message;

use super::full::LIMIT;
use super::users::{W1, W1_LIST_MASTERS, w1_message};
use crate::deaf::while_full;
use crate::expect::same;
use crate::ktap::{Group, Test, Transcript};
use crate::modules::Module;
use crate::proc_connector;

pub(crate) const GROUP: Group = Group {
    name: "unloading",
    tests: &[Test::new("w1-goes-when-its-reply-is-done", w1_waits)],
};

/// Anybody may ask w1 and not read what it answers.
fn w1_waits(_: &mut Transcript) -> Result<()> {
    let request = Message::new(W1, 1, 1, w1_message(W1_LIST_MASTERS, 0));
    let wire = Module::load("wire")?;
    // The reply that waits goes on, in the code of the module, when there is room for it.
    let elapsed = while_full(&request, |_| {
        let started = Instant::now();
        wire.unload()?;
        Ok(started.elapsed())
    })?;
    ensure!(elapsed < LIMIT, "the unloading took {elapsed:?}");
    same(
        "the table",
        proc_connector::read()?.as_str(),
        proc_connector::AT_REST,
    )
}
