// SPDX-License-Identifier: MIT OR Apache-2.0

//! `cargo xtask host-test`: the tests of the connector core that run without a kernel.

use std::ffi::OsString;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::doctor::{self, Need, Permission};
use crate::process::{self, Group};
use crate::project::Project;
use crate::toolchain::MIRI_PIN;

/// The file of the work tree by which one sees that there is one with the Rust series.
const CORE: &str = "tree/rust/drivers/connector/cn_main.rs";

const EXAMPLES: &str = "\
Examples:
  cargo xtask host-test                          all of them; seconds
  cargo xtask host-test -- --test registry       the tests of one file
  cargo xtask host-test --miri -- --test removal interpreted";

/// What `host-test` is told.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// Let Miri interpret fewer cases of them: it sees undefined behavior, data races and deadlocks
    #[arg(long)]
    miri: bool,
    /// Arguments for `cargo test`
    #[arg(last = true, value_name = "ARGUMENT")]
    arguments: Vec<String>,
    #[command(flatten)]
    permission: Permission,
}

/// Compiles the core from the files of the work tree, as they are, and tests it.
pub(crate) fn run(project: &Project, options: &Options) -> Result<()> {
    let core = project.target.join(CORE);
    ensure!(
        core.is_file(),
        "there is no {}; make the work tree with `cargo xtask tree`",
        core.display()
    );
    if options.miri {
        doctor::require(project, &[Need::Miri], options.permission)?;
    }
    let mut command = cargo(options.miri);
    command
        .arg("test")
        .args(["--quiet", "--locked", "--manifest-path"])
        .arg(project.payloads().join("host/Cargo.toml"))
        .arg("--target-dir")
        .arg(project.target.join("host"))
        .args(&options.arguments);
    let shown = process::shown(&command);
    let mut group = Group::spawn(&mut command)?;
    let status = group.child().wait().context("cannot wait for cargo")?;
    ensure!(
        status.success(),
        "`{shown}` failed ({status}): what it printed is above"
    );
    Ok(())
}

/// The cargo that runs this, or Miri's.
fn cargo(miri: bool) -> Command {
    if !miri {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
        return Command::new(cargo);
    }
    let mut command = Command::new("rustup");
    command.args(["run", MIRI_PIN, "cargo", "miri"]);
    command
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::scratch;

    #[test]
    fn without_a_tree_one_is_told_how_to_make_it() {
        let (_folder, project) = scratch();
        let options = Options {
            miri: false,
            arguments: Vec::new(),
            permission: Permission::default(),
        };
        let error = run(&project, &options).unwrap_err().to_string();
        assert!(error.ends_with("with `cargo xtask tree`"), "{error}");
    }
}
