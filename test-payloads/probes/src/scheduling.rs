// SPDX-License-Identifier: MIT OR Apache-2.0

//! On which processor a thread runs, and before which others.

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::libc;
use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;

/// The calling thread itself, to the kernel.
const SELF: libc::pid_t = 0;

/// Keeps the calling thread on a processor, counted from 0.
pub(crate) fn stay_on(processor: usize) -> Result<()> {
    let mut only = CpuSet::new();
    only.set(processor)
        .and_then(|()| sched_setaffinity(Pid::from_raw(SELF), &only))
        .with_context(|| format!("cannot stay on processor {processor}"))
}

/// Lets the calling thread run before all ordinary ones, which it interrupts when it wakes, also
/// where they are in the kernel.
pub(crate) fn go_first() -> Result<()> {
    let parameters = libc::sched_param { sched_priority: 1 };
    // SAFETY: The parameters outlive the call, which only reads them.
    let outcome =
        unsafe { libc::sched_setscheduler(SELF, libc::SCHED_FIFO, &raw const parameters) };
    Errno::result(outcome)
        .map(drop)
        .context("cannot go before others")
}
