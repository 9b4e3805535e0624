// SPDX-License-Identifier: MIT OR Apache-2.0

//! Memory that runs out when a test says so, and that is counted.

use std::cell::Cell;
use std::sync::atomic::{AtomicIsize, Ordering};

use crate::alloc::AllocError;

thread_local! {
    /// How many allocations of this thread are still to succeed before one fails.
    static LEFT: Cell<Option<usize>> = const { Cell::new(None) };
}

/// How many allocations of kernel code were not yet given back.
static ALIVE: AtomicIsize = AtomicIsize::new(0);

/// Proof of an allocation, for as long as it lasts.
#[derive(Debug)]
pub(crate) struct Counted(());

impl Drop for Counted {
    fn drop(&mut self) {
        ALIVE.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Counts an allocation, or lets it fail if it is its turn.
pub(crate) fn allocate() -> Result<Counted, AllocError> {
    match LEFT.get() {
        Some(0) => {
            LEFT.set(None);
            return Err(AllocError);
        }
        left => LEFT.set(left.map(|left| left - 1)),
    }
    ALIVE.fetch_add(1, Ordering::Relaxed);
    Ok(Counted(()))
}

/// How many allocations of kernel code were not yet given back.
pub fn alive() -> isize {
    ALIVE.load(Ordering::Relaxed)
}

/// Runs `f` with the allocation number `n` (from 0) that this thread makes in it failing. Returns
/// what `f` returns, and whether there was such an allocation.
///
/// C counterpart: `/proc/thread-self/fail-nth`.
pub fn fail_nth<R>(n: usize, f: impl FnOnce() -> R) -> (R, bool) {
    LEFT.set(Some(n));
    let result = f();
    (result, LEFT.take().is_none())
}
