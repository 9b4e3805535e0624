// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the last patch makes boots, and passes its tests in guests.

use std::process::Command;

use anyhow::{Context, Result};
use clap::ValueEnum;

use super::finding::Finding;
use super::subject::Subject;
use crate::arch::Arch;
use crate::process::{self, Group};

/// The connector is spoken to.
pub(crate) fn boots(subject: &Subject) -> Result<Vec<Finding>> {
    qemu_test(subject, &["--flavor", "rust", "--scenario", "connector"])
}

/// The kernel's own unit tests.
pub(crate) fn kunit(subject: &Subject) -> Result<Vec<Finding>> {
    qemu_test(subject, &["--flavor", "debug", "--scenario", "kunit"])
}

/// Both, on every architecture that is not the host's.
pub(crate) fn architectures(subject: &Subject) -> Result<Vec<Finding>> {
    let others = Arch::value_variants()
        .iter()
        .filter(|arch| arch.cross().is_some());
    let found = others.map(|arch| qemu_test(subject, &["--arch", arch.name()]));
    Ok(found.collect::<Result<Vec<_>>>()?.concat())
}

/// Runs `cargo xtask qemu-test`, whose output goes where this program's goes.
fn qemu_test(subject: &Subject, arguments: &[&str]) -> Result<Vec<Finding>> {
    let program = std::env::current_exe().context("cannot find this program")?;
    let mut command = Command::new(program);
    command.arg("qemu-test").args(arguments);
    let shown = process::shown(&command);
    let mut group = Group::spawn(&mut command)?;
    let status = group.child().wait().context("cannot wait for the guests")?;
    let failed = !status.success();
    let series = subject.series.last().filter(|_| failed);
    Ok(series
        .map(|series| Finding::of_all(series, format!("`{shown}` failed: see above")))
        .into_iter()
        .collect())
}
