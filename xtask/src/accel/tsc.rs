// SPDX-License-Identifier: MIT OR Apache-2.0

//! How fast this machine's time stamp counter runs, which is how fast an emulated one does.
//!
//! A guest would find out for itself by its PIT. Under emulation that fails as soon as the host
//! has anything else to do; the guest is then left with a clock that stops when it is idle, and
//! hangs in its first sleep.

use std::arch::x86_64::_rdtsc;
use std::time::{Duration, Instant};

/// How long is measured. A reading is good to some 100 ns, so the result to some 10 in a million.
const INTERVAL: Duration = Duration::from_millis(10);

/// How many times a reading is tried, of which the one that took the shortest counts: in another
/// this program may have been interrupted.
const TRIES: usize = 5;

/// The frequency in kHz.
pub(super) fn khz() -> u64 {
    let (first_time, first_count) = reading();
    std::thread::sleep(INTERVAL);
    let (time, count) = reading();
    let nanoseconds = time.duration_since(first_time).as_nanos();
    let khz = u128::from(count.wrapping_sub(first_count)) * 1_000_000 / nanoseconds;
    u64::try_from(khz).unwrap_or(u64::MAX)
}

/// A time, and the counter at it.
fn reading() -> (Instant, u64) {
    let mut best = tried();
    for _ in 1..TRIES {
        best = best.min(tried());
    }
    (best.1, best.2)
}

/// How long a reading took, when, and what it was.
fn tried() -> (Duration, Instant, u64) {
    let before = Instant::now();
    // SAFETY: the instruction exists on every x86-64 processor, and touches no memory.
    let count = unsafe { _rdtsc() };
    (before.elapsed(), before, count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measuring_again_gives_the_same() {
        let (first, second) = (khz(), khz());
        assert!(first > 100_000, "{first} kHz");
        assert!(
            first.abs_diff(second) * 1000 < first,
            "{first} and {second} kHz"
        );
    }
}
