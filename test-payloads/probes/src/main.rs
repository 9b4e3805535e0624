// SPDX-License-Identifier: MIT OR Apache-2.0

//! `probes GROUP`: runs a group of tests against the connector of the running kernel and reports
//! them as KTAP. `probes list` names the groups and their tests; `probes kunit` reports the tests
//! that the kernel ran itself. The exit status is 1 when a test failed, and 2 when the tests could
//! not be run.

mod acknowledged;
mod count;
mod deaf;
mod driver;
mod expect;
mod fail_nth;
mod forks;
mod groups;
mod kernel_log;
mod ktap;
mod kunit;
mod listener;
mod module_file;
mod modules;
mod proc_connector;
mod program;
mod role;
mod scheduling;
mod store;

use std::process::ExitCode;

use anyhow::{Context, Result, bail};

/// The exit status of a run that says nothing about the tests.
const NOT_RUN: u8 = 2;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match act(&words) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(NOT_RUN)
        }
    }
}

/// True if all went well.
fn act(words: &[String]) -> Result<bool> {
    match words {
        [word] if word == "list" => {
            for group in groups::ALL {
                for test in group.tests {
                    println!("{}/{}", group.name, test.name());
                }
            }
            Ok(true)
        }
        [word, rest @ ..] if word == "role" => role::perform(rest).map(|()| true),
        [word] if word == "kunit" => kunit::report(ktap::filter()?.as_ref()),
        [name] => groups::ALL
            .iter()
            .find(|group| group.name == name)
            .with_context(|| format!("there is no group {name}; `probes list` shows them"))?
            .run(ktap::filter()?.as_ref(), ktap::seed()?),
        _ => bail!("usage: probes GROUP | list | kunit"),
    }
}
