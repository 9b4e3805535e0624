// SPDX-License-Identifier: MIT OR Apache-2.0

//! The kernel's own search for memory that nothing points to any more, on kernels that have it
//! (`Documentation/dev-tools/kmemleak.rst`). What it finds it says in the kernel log.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::kernel_log;

/// Where kmemleak takes commands.
const COMMANDS: &str = "/sys/kernel/debug/kmemleak";

/// Whether the log gets more than the number of leaks: what they are and who made them.
const VERBOSE: &str = "/sys/module/kmemleak/parameters/verbose";

/// Younger memory is passed over (`MSECS_MIN_AGE` in mm/kmemleak.c): a pointer to it may be in a
/// register.
const AGE: Duration = Duration::from_secs(5);

/// The first scan takes what it has not seen before for memory that has just changed, and passes
/// over that too.
const SCANS: usize = 2;

/// Searches, if the kernel can.
///
/// # Errors
///
/// When it should be able to and does not, for example because it has switched the search off.
pub(crate) fn search() -> Result<()> {
    if !Path::new(COMMANDS).exists() {
        return Ok(());
    }
    fs::write(VERBOSE, "1").with_context(|| format!("cannot write {VERBOSE}"))?;
    thread::sleep(AGE);
    for _ in 0..SCANS {
        fs::write(COMMANDS, "scan").context("the kernel does not search for leaks")?;
    }
    kernel_log::say("connector-init: searched for leaks");
    Ok(())
}
