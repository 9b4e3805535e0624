// SPDX-License-Identifier: MIT OR Apache-2.0

//! Whether clients of process events leave memory behind that the kernel cannot take back.

use std::collections::BTreeMap;
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use connector::Socket;
use connector::process::{ID, Request};

use crate::count::count;
use crate::ktap::{Group, Test, Transcript};

pub(crate) const GROUP: Group = Group {
    name: "slab",
    tests: &[Test::new("clients-leave-no-memory-behind", clients)],
};

/// What is freed after a grace period is waited for.
const PATIENCE: Duration = Duration::from_secs(3);

/// Reads how many objects of each slab cache are in use. Those that a processor keeps for its next
/// allocations count too.
fn in_use() -> Result<BTreeMap<String, u32>> {
    let text = fs::read_to_string("/proc/slabinfo").context("cannot read /proc/slabinfo")?;
    // Two lines of headings come first.
    let caches = text.lines().skip(2).map(|line| {
        let mut words = line.split_whitespace();
        let cache = words.next().zip(words.next());
        let (name, objects) = cache.with_context(|| format!("no cache and number: {line}"))?;
        Ok((name.to_owned(), objects.parse()?))
    });
    caches.collect()
}

/// A client that asks, in one of the ways that leave it outside of the group at its end.
fn client(number: u32) -> Result<()> {
    let groups: &[u32] = if number.is_multiple_of(2) {
        &[]
    } else {
        &[ID.idx]
    };
    let socket = Socket::open(groups)?;
    socket.send(&Request::Listen.message(1, 1))?;
    if !number.is_multiple_of(2) {
        socket.leave(ID.idx)?;
    }
    Ok(())
}

fn clients(_: &mut Transcript) -> Result<()> {
    let sockets = count("sockets")?;
    // What stays for good is there then.
    (0..1000).try_for_each(client)?;
    let before = in_use()?;
    (0..sockets).try_for_each(client)?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        let grown = in_use()?.into_iter().map(|(name, objects)| {
            let before = before.get(&name).copied().unwrap_or_default();
            (objects.saturating_sub(before), name)
        });
        let (most, name) = grown.max().context("there are no slab caches")?;
        // A client that leaves something behind leaves a whole object.
        if most <= sockets / 4 {
            return Ok(());
        }
        ensure!(
            Instant::now() < deadline,
            "{sockets} sockets left {most} objects of {name} behind"
        );
        thread::sleep(Duration::from_millis(100));
    }
}
