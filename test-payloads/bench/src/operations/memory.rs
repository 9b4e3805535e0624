// SPDX-License-Identifier: MIT OR Apache-2.0

//! How much of the kernel's memory a registration and a listening socket take.
//!
//! A page has room for many, so that what counts is how much more a second batch takes than the
//! first: that is free of what is taken only once, and all but the last page of it is full.

use std::fs;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use connector::process::{ID, Kinds, Request};
use nix::libc::NETLINK_CONNECTOR;
use nix::sys::resource::{Resource, setrlimit};

use super::PORT;
use crate::bench::Bench;
use crate::driver::FLOOR;
use crate::figure::Figure;
use crate::netlink::{Socket, datagram};

/// How many registrations are a batch; with two, the table of the Rust core is as full as with one.
const REGISTRATIONS: u32 = 4096;

/// How many sockets are a batch.
const SOCKETS: u32 = 1024;

/// Descriptors that this program needs for two batches, and some of its own.
const DESCRIPTORS: u64 = 2 * SOCKETS as u64 + 64;

/// The lines of `/proc/meminfo` that count what the kernel takes for itself.
const LINES: [&str; 3] = ["Slab:", "VmallocUsed:", "Percpu:"];

/// Longer than the kernel puts off to free something.
const LAPSE: Duration = Duration::from_secs(2);

/// Whoever reads this has the kernel bring its counters together, which each processor has some of.
const REFRESH: &str = "/proc/sys/vm/stat_refresh";

/// Measures registrations, then sockets; leaves neither.
pub(super) fn measure(bench: &mut Bench) -> Result<()> {
    registrations(bench)?;
    setrlimit(Resource::RLIMIT_NOFILE, DESCRIPTORS, DESCRIPTORS)
        .context("cannot have so many sockets")?;
    let mut port = PORT;
    let bare = sockets(|| {
        port += 1;
        Socket::open(FLOOR, port, 0)
    })?;
    bench.figures.push(Figure::bytes("a bare socket", bare));
    let listening = sockets(|| {
        port += 1;
        let socket = Socket::open(NETLINK_CONNECTOR, port, ID.idx)?;
        // Whoever listens to something else is sent no acknowledgements, which would take memory.
        let request = Request::ListenTo(Kinds::COREDUMP.bits()).message(1, 0);
        socket.send(&datagram(request)?)?;
        Ok(socket)
    })?;
    let name = "a socket that listens to process events";
    bench.figures.push(Figure::bytes(name, listening));
    Ok(())
}

fn registrations(bench: &mut Bench) -> Result<()> {
    let filled = |count: u32| {
        bench.driver.expect(&format!("fill {count}"), 0)?;
        used()
    };
    let first = filled(REGISTRATIONS)?;
    let both = filled(2 * REGISTRATIONS)?;
    bench.driver.expect("clear", 0)?;
    let bytes = both.saturating_sub(first) / u64::from(REGISTRATIONS);
    bench.figures.push(Figure::bytes("a registration", bytes));
    Ok(())
}

/// Bytes that a socket takes.
fn sockets(mut open: impl FnMut() -> Result<Socket>) -> Result<u64> {
    // What was closed before is freed a little later.
    thread::sleep(LAPSE);
    let mut batch = || (0..SOCKETS).map(|_| open()).collect::<Result<Vec<_>>>();
    let _first = batch()?;
    let before = used()?;
    let _second = batch()?;
    Ok(used()?.saturating_sub(before) / u64::from(SOCKETS))
}

/// What the kernel takes for itself, in bytes.
fn used() -> Result<u64> {
    thread::sleep(LAPSE);
    fs::read(REFRESH).with_context(|| format!("cannot read {REFRESH}"))?;
    let path = "/proc/meminfo";
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?;
    sum(&text).with_context(|| format!("{path} does not say what the kernel takes"))
}

/// The sum of [`LINES`], each of which must be there.
fn sum(text: &str) -> Option<u64> {
    let kib = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().strip_suffix(" kB")?.parse::<u64>().ok()
    };
    LINES.iter().map(|name| Some(kib(name)? * 1024)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_takes_is_the_sum_of_three_lines() {
        let text = "MemTotal: 9 kB\nSlab:   2 kB\nVmallocUsed: 30 kB\nPercpu: 400 kB\n";
        assert_eq!(sum(text), Some(432 * 1024));
        assert_eq!(sum(&text.replace("Percpu", "Percup")), None);
        assert_eq!(sum(&text.replace("400 kB", "400")), None);
    }
}
