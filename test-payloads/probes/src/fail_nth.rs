// SPDX-License-Identifier: MIT OR Apache-2.0

//! Allocations that fail on purpose, one at a time: the kernel's `fail-nth`
//! (`Documentation/fault-injection/fault-injection.rst`).

use std::fs::{self, File};
use std::os::unix::fs::FileExt;

use anyhow::{Context, Result, bail, ensure};
use nix::errno::Errno;

/// How allocations from slabs fail.
const SETTINGS: [(&str, &str); 2] = [
    // Also those that may wait, which is what most are.
    ("/sys/kernel/debug/failslab/ignore-gfp-wait", "N"),
    // Without the stack of each in the kernel log, where it would pass for a report.
    ("/sys/kernel/debug/failslab/verbose", "0"),
];

/// Of this task: which allocation from now on is to fail, or 0.
const NTH: &str = "/proc/thread-self/fail-nth";

/// No allocation fails.
const NONE: u32 = 0;

/// More allocations than any operation should make.
const MOST: u32 = 5000;

/// What came of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outcome<T> {
    /// What it returned.
    pub(crate) returned: Result<T, Errno>,
    /// Whether one of its allocations failed, which need not make it fail.
    pub(crate) hit: bool,
}

/// Does `operation` with its first allocation failing, then with its second, and so on until none
/// fails any more. It may fail with one of the `documented` errors; `judge` gets each outcome and
/// undoes what was done. Without a failing allocation the operation must succeed, each time.
/// Returns how many allocations it makes.
pub(crate) fn each_allocation<T>(
    documented: &[Errno],
    operation: impl Fn() -> Result<T, Errno>,
    mut judge: impl FnMut(Outcome<T>) -> Result<()>,
) -> Result<u32> {
    for (path, value) in SETTINGS {
        fs::write(path, value).with_context(|| format!("cannot write {path}"))?;
    }
    let setting = File::options()
        .read(true)
        .write(true)
        .open(NTH)
        .with_context(|| format!("cannot open {NTH}"))?;
    let mut refused = false;
    let mut check = |nth| -> Result<bool> {
        let outcome = failing(&setting, nth, &operation)?;
        let hit = outcome.hit;
        if let Err(error) = outcome.returned {
            ensure!(hit && documented.contains(&error), "it fails with {error}");
            refused = true;
        }
        judge(outcome)?;
        Ok(hit)
    };
    // After this, whatever is allocated once only is there.
    check(NONE)?;
    for nth in 1..=MOST {
        let hit = check(nth).with_context(|| format!("when allocation {nth} fails"))?;
        check(NONE).with_context(|| format!("after allocation {nth} failed"))?;
        if !hit {
            ensure!(refused, "no failed allocation ever made it fail");
            return Ok(nth - 1);
        }
    }
    bail!("allocations still fail at number {MOST}")
}

/// Does `operation` with its `nth` allocation failing, or with none.
fn failing<T>(
    setting: &File,
    nth: u32,
    operation: impl Fn() -> Result<T, Errno>,
) -> Result<Outcome<T>> {
    let set = |nth: &str| {
        let written = setting.write_all_at(nth.as_bytes(), 0);
        written.with_context(|| format!("cannot write {NTH}"))
    };
    set(&nth.to_string())?;
    let returned = operation();
    // What is left to count: nothing once an allocation has failed.
    let mut left = [0; 16];
    let read = setting.read_at(&mut left, 0);
    set("0")?;
    let len = read.with_context(|| format!("cannot read {NTH}"))?;
    let hit = nth != NONE && left[..len].trim_ascii() == b"0";
    Ok(Outcome { returned, hit })
}
