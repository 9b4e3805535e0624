// SPDX-License-Identifier: MIT OR Apache-2.0

//! `cargo xtask`: builds, boots and judges the Linux netlink connector in Rust.
//!
//! Data goes one way, one module a step:
//! `linux.yaml` → [`source`] → [`tree`] → [`config`] → [`kernel`] → [`archive`] → [`vm`] →
//! [`console`] → [`streams`] → [`verdict`] → [`report`]. No step reaches back.

mod accel;
mod allowance;
mod annotate;
mod arch;
mod archive;
mod ask;
mod bench;
mod build_kernel;
mod cache;
mod clean;
mod config;
mod console;
mod doctor;
mod flavor;
mod gdb;
mod git;
mod guest;
mod host_test;
mod html;
mod junit;
mod kconfig;
mod kernel;
mod klog;
mod ktap;
mod last_log;
mod lock;
mod make;
mod misuse;
mod new_driver;
mod payload;
mod process;
mod project;
mod qemu;
mod qemu_test;
mod queue;
mod report;
mod review;
mod run;
mod scenario;
mod script;
mod share;
mod shell;
mod source;
mod stage;
mod streams;
mod submit;
mod symbol_versions;
mod symbols;
mod test;
mod toolchain;
mod transcript;
mod tree;
mod verdict;
mod version;
mod vm;
mod work_tree;
#[cfg(test)]
mod workflows;
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
enum Command {
    /// Say what this machine has and lacks, and install it
    Doctor(doctor::Options),
    /// Make the work tree, or bring it up to date with patches/
    Tree(work_tree::TreeOptions),
    /// Export the work tree's commits into patches/
    Refresh(work_tree::RefreshOptions),
    /// Build kernels, or take them from the cache
    BuildKernel(build_kernel::Options),
    /// Test the connector core without a kernel
    HostTest(host_test::Options),
    /// Begin a driver in Rust, with its test and its scenario
    NewDriver(new_driver::Options),
    /// Boot guests, run the scenarios in them, and judge
    QemuTest(Box<qemu_test::Options>),
    /// Boot a guest to talk to
    Shell(shell::Options),
    /// Look into a guest with gdb
    Gdb(gdb::Options),
    /// Show the kernel log of the last run, stack traces with files and lines
    Log(last_log::Options),
    /// Count the instructions of the connector's operations
    Bench(bench::Options),
    /// Make the mails of a series, and send them if told so
    Submit(submit::Options),
    /// Compare the versions of the connector's functions, which modules must agree with
    SymbolVersions(symbol_versions::Options),
    /// Show that the compiler refuses what a driver must not do
    Misuse(misuse::Options),
    /// Look at the series as a maintainer would
    Review(review::Options),
    /// Check everything that a change must pass
    Test(test::Options),
    /// Clear the cache, and what has been built
    Clean(clean::Options),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = process::handle_signals()
        .and_then(|()| Project::locate())
        .and_then(|project| match cli.command {
            Command::Doctor(options) => doctor::run(&project, &options),
            Command::Tree(options) => work_tree::update(&project, &options),
            Command::Refresh(options) => work_tree::refresh(&project, &options),
            Command::BuildKernel(options) => build_kernel::run(&project, &options),
            Command::HostTest(options) => host_test::run(&project, &options),
            Command::QemuTest(options) => qemu_test::run(&project, &options),
            Command::Shell(options) => shell::run(&project, &options),
            Command::Gdb(options) => gdb::run(&project, &options),
            Command::Log(options) => last_log::run(&project, &options),
            Command::Bench(options) => bench::run(&project, &options),
            Command::Submit(options) => submit::run(&project, &options),
            Command::SymbolVersions(options) => symbol_versions::run(&project, &options),
            Command::Misuse(options) => misuse::run(&project, &options),
            Command::NewDriver(options) => new_driver::run(&project, &options),
            Command::Review(options) => review::run(&project, &options),
            Command::Test(options) => test::run(&project, &options),
            Command::Clean(options) => clean::run(&project, &options),
        });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
