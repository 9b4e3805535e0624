// SPDX-License-Identifier: MIT OR Apache-2.0

//! Whether clients of process events leave memory behind that the kernel cannot take back.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use connector::Socket;
use connector::process::{ID, Request};

use crate::ktap::{Group, Test, Transcript};

pub(crate) const GROUP: Group = Group {
    name: "slab",
    tests: &[Test::new("clients-leave-no-memory-behind", clients)],
};

/// How many sockets come and go; each could leave 8 bytes or more.
const SOCKETS: u32 = 200_000;

/// How much more may be in use afterwards, in KiB: 4 bytes for each. What else goes on in the kernel
/// was seen to need 600.
const TOLERANCE: u64 = SOCKETS as u64 * 4 / 1024;

/// What is freed after a grace period is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// The memory in slabs that cannot be taken back, in KiB.
fn in_use() -> Result<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").context("cannot read /proc/meminfo")?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("SUnreclaim:"));
    let number = line.and_then(|line| line.trim().strip_suffix(" kB"));
    let number = number.context("no SUnreclaim in /proc/meminfo")?;
    number.parse().context("SUnreclaim is not a number")
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
    // What stays for good is there then.
    (0..1000).try_for_each(client)?;
    let before = in_use()?;
    (0..SOCKETS).try_for_each(client)?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        let grown = in_use()?.saturating_sub(before);
        if grown <= TOLERANCE {
            return Ok(());
        }
        ensure!(
            Instant::now() < deadline,
            "{SOCKETS} sockets left {grown} KiB behind"
        );
        thread::sleep(Duration::from_millis(100));
    }
}
