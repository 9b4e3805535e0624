// SPDX-License-Identifier: MIT OR Apache-2.0

//! `cargo xtask`: builds, boots and judges the Linux netlink connector in Rust.
//!
//! Data goes one way, one module a step:
//! `linux.yaml` → [`source`] → [`tree`] → [`config`] → [`kernel`] → [`archive`] → [`vm`] →
//! [`console`] → [`verdict`] → [`report`]. No step reaches back.

mod process;
mod project;
mod stage;
mod yaml;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::project::Project;

/// Builds, boots and judges the Linux netlink connector in Rust.
#[derive(Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    version,
    max_term_width = 100
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = process::handle_signals()
        .and_then(|()| Project::locate())
        .and_then(|_project| match cli.command {});
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
