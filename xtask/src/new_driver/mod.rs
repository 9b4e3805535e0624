// SPDX-License-Identifier: MIT OR Apache-2.0

//! `cargo xtask new-driver`: a driver in Rust to begin with, its test, and the scenario that runs it.

mod idx;
mod name;
mod register;
mod skeleton;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::project::Project;

const HELP: &str = "\
What is made is a copy of the driver `skeleton`, which divides numbers:
  test-payloads/modules/NAME/           the kernel module
  test-payloads/probes/src/groups/NAME.rs  what the guest tests of it
  test-payloads/scenarios/NAME.yaml     what is booted for that";

/// What `new-driver` is told.
#[derive(Args)]
#[command(after_help = HELP)]
pub(crate) struct Options {
    /// The driver, its module and its tests: a-z, 0-9 and _
    #[arg(value_name = "NAME")]
    name: String,
    /// The first half of its id and the number of its group [default: one that is free]
    #[arg(long, value_name = "NUMBER", value_parser = idx::parse)]
    idx: Option<u32>,
}

/// A file to be written.
#[derive(Debug, PartialEq, Eq)]
struct File {
    /// Below `test-payloads`.
    path: String,
    content: String,
}

/// Writes the files, or, if something is in the way, none of them.
pub(crate) fn run(project: &Project, options: &Options) -> Result<()> {
    let name = &options.name;
    let payloads = project.payloads();
    name::check(name)?;
    let idx = idx::choose(&payloads.join("modules"), options.idx)?;
    let files = skeleton::copy(name, idx);
    for file in &files {
        ensure!(
            !payloads.join(&file.path).exists(),
            "there is a test-payloads/{} already; take another name",
            file.path
        );
    }
    let folder = payloads.join("modules").join(name);
    ensure!(
        !folder.exists(),
        "there is a folder {} already; take another name",
        folder.display()
    );
    let groups = payloads.join(register::PATH);
    let cannot = || format!("cannot read {}", groups.display());
    let list = fs::read_to_string(&groups).with_context(cannot)?;
    let list = register::add(&list, name).with_context(|| format!("{}", groups.display()))?;
    for file in &files {
        write(&payloads.join(&file.path), &file.content)?;
        println!("made     test-payloads/{}", file.path);
    }
    write(&groups, &list)?;
    println!("changed  test-payloads/{}", register::PATH);
    print!("{}", next(name, idx));
    Ok(())
}

/// What to do now.
fn next(name: &str, idx: u32) -> String {
    format!(
        "\nThe driver {name} answers under the id {idx:#x}:1. Build it, boot it and test it:\n  \
         cargo xtask qemu-test --flavor rust --scenario {name}\n\
         Then change what it does in test-payloads/modules/{name}/{name}.rs, and its tests.\n"
    )
}

fn write(path: &Path, content: &str) -> Result<()> {
    let cannot = || format!("cannot write {}", path.display());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(cannot)?;
    }
    fs::write(path, content).with_context(cannot)
}

#[cfg(test)]
mod tests;
