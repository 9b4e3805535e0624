// SPDX-License-Identifier: MIT OR Apache-2.0

//! Waiting for what other threads do.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// Waits until something is so.
pub fn wait_until(condition: impl Fn() -> bool) {
    while !condition() {
        thread::yield_now();
    }
}

/// Runs `f`, which must come to an end. Miri knows without a clock when threads wait for each other
/// for ever, and shows where.
pub fn in_time(f: impl FnOnce() + Send + 'static) {
    if cfg!(miri) {
        return f();
    }
    let (done, end) = mpsc::channel();
    let thread = thread::spawn(move || {
        f();
        let _ = done.send(());
    });
    if end.recv_timeout(Duration::from_secs(60)) == Err(RecvTimeoutError::Timeout) {
        panic!("it waits for ever");
    }
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}
