// SPDX-License-Identifier: MIT OR Apache-2.0

//! Memory barriers.

use std::sync::atomic::{fence, Ordering};

pub use super::atomic::ordering::Full;

/// A full barrier between threads.
pub fn smp_mb(_: Full) {
    fence(Ordering::SeqCst);
}
