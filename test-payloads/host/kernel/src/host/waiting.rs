// SPDX-License-Identifier: MIT OR Apache-2.0

//! Tasks that wait.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

static WAITING: AtomicUsize = AtomicUsize::new(0);

/// How many tasks wait for a condition now, so that a test need not guess how long it takes until
/// they do.
pub fn count() -> usize {
    WAITING.load(SeqCst)
}

/// Counts the current task as one that waits while `f` runs.
pub(crate) fn during<R>(f: impl FnOnce() -> R) -> R {
    WAITING.fetch_add(1, SeqCst);
    let result = f();
    WAITING.fetch_sub(1, SeqCst);
    result
}
