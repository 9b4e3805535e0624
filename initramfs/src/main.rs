// SPDX-License-Identifier: MIT OR Apache-2.0

//! `/init`: PID 1 of the guest. Mounts, carries out the plan, reports, looks for leaks, reboots.
//!
//! The kernel log has one port to itself, the console; the results, in KTAP, have another.

mod kernel_log;
mod leaks;
mod mounts;
mod results;
mod steps;

use anyhow::{Context, Result};
use initramfs::plan::Plan;
use initramfs::{END_OF_SCENARIOS, SCENARIO};
use nix::sys::reboot::{RebootMode, reboot};
use nix::unistd::getpid;

use crate::results::Results;

/// The variable that says where the results go. It comes from the kernel's command line: the kernel
/// gives PID 1 what it does not know itself.
const PORT: &str = "results";

fn main() {
    if getpid().as_raw() != 1 {
        eprintln!("error: this is PID 1 of a guest, and reboots the machine; it is not to be run");
        std::process::exit(2);
    }
    if let Err(error) = carry_out() {
        kernel_log::say(&format!("connector-init: {error:#}"));
    }
    kernel_log::say(initramfs::END_OF_LOG);
    // Not a power-off, for which a guest without ACPI has no means: QEMU runs with `-no-reboot`
    // and ends here.
    let error = match reboot(RebootMode::RB_AUTOBOOT) {
        Err(error) => error,
        Ok(never) => match never {},
    };
    // Whatever is left to say the kernel says: it panics when PID 1 ends.
    kernel_log::say(&format!("connector-init: cannot reboot: {error}"));
}

fn carry_out() -> Result<()> {
    mounts::mount_all()?;
    let plan: Plan = std::fs::read_to_string(initramfs::PLAN)
        .with_context(|| format!("cannot read {}", initramfs::PLAN))?
        .parse()
        .with_context(|| format!("cannot understand {}", initramfs::PLAN))?;
    let port = std::env::var(PORT)
        .with_context(|| format!("the kernel's command line has no `{PORT}=DEVICE`"))?;
    let results = Results::open(&port)?;
    for part in &plan.parts {
        announce(&results, &format!("{SCENARIO}{}", part.scenario))?;
        results.plan(part.steps.len())?;
        for (number, step) in (1..).zip(&part.steps) {
            kernel_log::say(&format!("connector-init: {step}"));
            let outcome = steps::carry_out(step, &part.env, &results);
            results.step(number, step, &outcome)?;
        }
    }
    announce(&results, END_OF_SCENARIOS)?;
    leaks::search()?;
    results.done()
}

/// Marks a place in both streams.
fn announce(results: &Results, mark: &str) -> Result<()> {
    kernel_log::say(mark);
    results.mark(mark)
}
