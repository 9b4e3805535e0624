// SPDX-License-Identifier: MIT OR Apache-2.0

//! What has been executed so far. The guest has one processor, and QEMU one thread for it.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::{fs, io, mem};

/// How often each instruction was executed, by its address.
type Counts = BTreeMap<usize, u64>;

struct Watched {
    /// Where the result goes.
    path: String,
    /// Between the last two readings.
    now: Counts,
    /// Between all pairs before.
    done: Vec<Counts>,
}

static WATCHED: Mutex<Watched> = Mutex::new(Watched {
    path: String::new(),
    now: Counts::new(),
    done: Vec::new(),
});

/// Whether readings of the counter count.
static MARKED: AtomicBool = AtomicBool::new(false);

/// Whether the counter was read once and not yet a second time.
static COUNTING: AtomicBool = AtomicBool::new(false);

fn watched() -> MutexGuard<'static, Watched> {
    WATCHED.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn write_to(path: &str) {
    path.clone_into(&mut watched().path);
}

pub(crate) fn mark(on: bool) {
    MARKED.store(on, Ordering::Relaxed);
}

pub(crate) fn border() {
    if !MARKED.load(Ordering::Relaxed) {
        return;
    }
    if COUNTING.fetch_xor(true, Ordering::Relaxed) {
        let mut watched = watched();
        let counts = mem::take(&mut watched.now);
        watched.done.push(counts);
    }
}

pub(crate) fn executed(address: usize) {
    if COUNTING.load(Ordering::Relaxed) {
        *watched().now.entry(address).or_default() += 1;
    }
}

/// Writes the pair with the median number of instructions; nothing if there is none.
pub(crate) fn write() -> io::Result<()> {
    let mut watched = watched();
    watched
        .done
        .sort_by_key(|counts| counts.values().sum::<u64>());
    let middle = watched.done.len() / 2;
    let mut text = String::new();
    for (address, count) in watched.done.get(middle).into_iter().flatten() {
        // A string takes everything.
        let _ = writeln!(text, "{address:x} {count}");
    }
    fs::write(&watched.path, text)
}
