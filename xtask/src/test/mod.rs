// SPDX-License-Identifier: MIT OR Apache-2.0

//! `cargo xtask test`: what a change must pass before it is landed, and with `--nightly` all that is
//! checked.

mod checks;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Args;
use serde::Serialize;

use crate::arch::Arch;
use crate::doctor::{self, Need, Permission};
use crate::process::Group;
use crate::project::Project;
use checks::{Arguments, CHECKS, Check};

const EXAMPLES: &str = "\
Examples:
  cargo xtask test                       what a change must pass; minutes once kernels are built
  cargo xtask test --nightly             all that is checked; hours
  cargo xtask test --only format,lints   some of it
  cargo xtask test --junit reports       with a report of the scenarios for machines";

/// Options of `test`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// Make these checks only
    #[arg(long, value_name = "CHECK", value_delimiter = ',')]
    only: Vec<String>,
    /// Make all checks, and look longer for races
    #[arg(long)]
    nightly: bool,
    /// List what different machines can check at the same time, as JSON: their names, and what
    /// --only takes
    #[arg(long, conflicts_with_all = ["only", "junit"])]
    list: bool,
    /// Write the results of the scenarios to this folder as JUnit XML, too
    #[arg(long, value_name = "FOLDER")]
    junit: Option<PathBuf>,
}

/// The outcome of a check.
struct Outcome {
    name: &'static str,
    passed: bool,
    elapsed: Duration,
}

/// Makes all checks of the tier, also after one has failed, and names at the end those that did.
pub(crate) fn run(project: &Project, options: &Options) -> Result<()> {
    if options.list {
        println!("{}", serde_json::to_string(&parts(options.nightly))?);
        return Ok(());
    }
    let checks = selected(options.nightly, &options.only)?;
    let arguments = |check: &Check| check.arguments(options.nightly);
    let all: Vec<_> = checks.iter().map(|check| arguments(check)).collect();
    doctor::require(project, &needs(&all), Permission::default())?;
    let mut outcomes = Vec::new();
    for check in checks {
        let arguments = arguments(check);
        eprintln!("\n== {}: cargo {}", check.name, arguments.join(" "));
        let started = Instant::now();
        let junit = options.junit.as_deref().filter(|_| check.reports);
        let passed = make(check.name, &arguments, project, junit)?;
        outcomes.push(Outcome {
            name: check.name,
            passed,
            elapsed: started.elapsed(),
        });
    }
    print!("{}", table(&outcomes));
    let failed: Vec<_> = outcomes
        .iter()
        .filter(|o| !o.passed)
        .map(|o| o.name)
        .collect();
    if !failed.is_empty() {
        bail!(
            "{} failed: what it printed is above, and the command to give again stands before it",
            failed.join(", ")
        );
    }
    Ok(())
}

/// Checks that one machine makes.
#[derive(Serialize)]
struct Part {
    /// The machine's name.
    machine: &'static str,
    /// The checks, as `--only` takes them.
    only: String,
}

/// The checks of the tier, machine by machine. What each of them needs is made on it.
fn parts(nightly: bool) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for Check { machine, name, .. } in of_tier(nightly) {
        match parts.iter_mut().find(|part| part.machine == *machine) {
            Some(part) => part.only += &format!(",{name}"),
            None => parts.push(Part {
                machine,
                // The tests on the host are those of files in the work tree.
                only: match *machine {
                    "miri" => format!("tree,{name}"),
                    _ => (*name).to_owned(),
                },
            }),
        }
    }
    parts
}

fn of_tier(nightly: bool) -> impl Iterator<Item = &'static Check> {
    CHECKS.iter().filter(move |check| nightly || !check.nightly)
}

fn selected(nightly: bool, only: &[String]) -> Result<Vec<&'static Check>> {
    if only.is_empty() {
        return Ok(of_tier(nightly).collect());
    }
    only.iter()
        .map(|name| {
            of_tier(nightly)
                .find(|check| check.name == name)
                .with_context(|| {
                    let names: Vec<_> = of_tier(nightly).map(|check| check.name).collect();
                    let names = names.join(", ");
                    let more = if nightly { "" } else { "; --nightly has more" };
                    format!("there is no check {name}; there are {names}{more}")
                })
        })
        .collect()
}

/// The needs of cargo's own commands. The others ask for theirs themselves.
fn needs(commands: &[Arguments]) -> Vec<Need<'static>> {
    let mut needs = Vec::new();
    for arguments in commands {
        match arguments[..] {
            ["fmt" | "clippy", ..] => needs.push(Need::Lints),
            // Tests boot guests.
            ["test", ..] => needs.extend([Need::Build, Need::Boot(Arch::default(), &[])]),
            _ => {}
        }
    }
    needs
}

fn make(name: &str, arguments: &[&str], project: &Project, junit: Option<&Path>) -> Result<bool> {
    // The cargo that runs this, if it was cargo.
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .current_dir(&project.root)
        .args(arguments)
        .env("RUSTDOCFLAGS", "-D warnings");
    if let Some(folder) = junit {
        let file = folder.join(name).with_extension("xml");
        command.arg("--junit").arg(file);
    }
    let mut group = Group::spawn(&mut command)?;
    let status = group.child().wait().context("cannot wait for cargo")?;
    Ok(status.success())
}

/// A line a check, and the sum as a line that other programs understand.
fn table(outcomes: &[Outcome]) -> String {
    let width = outcomes
        .iter()
        .map(|o| o.name.len())
        .max()
        .unwrap_or_default();
    let mut text = String::from("\n");
    for Outcome {
        name,
        passed,
        elapsed,
    } in outcomes
    {
        let result = if *passed { "passed" } else { "FAILED" };
        text += &format!("{name:width$}  {result}  {:7.1} s\n", elapsed.as_secs_f64());
    }
    let passed = outcomes.iter().filter(|o| o.passed).count();
    text + &format!("{passed} passed, {} failed\n", outcomes.len() - passed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_check_is_named_with_those_that_exist() {
        let error = |nightly, name: &str| match selected(nightly, &[name.to_owned()]) {
            Ok(_) => panic!("{name} was found"),
            Err(error) => error.to_string(),
        };
        let there = "there is no check fromat; there are format, ";
        assert!(error(true, "fromat").starts_with(there));
        assert!(error(false, "modules").ends_with("; --nightly has more"));
    }

    #[test]
    fn needs_of_cargos_own_commands_are_asked_for() {
        let of = |names: &[&str]| {
            let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
            let checks = selected(false, &names).unwrap();
            let all: Vec<_> = checks.iter().map(|check| check.arguments(false)).collect();
            needs(&all)
        };
        assert!(of(&["tree"]).is_empty());
        assert!(matches!(
            of(&["format", "units"])[..],
            [Need::Lints, Need::Build, Need::Boot(..)]
        ));
    }

    #[test]
    fn parts_are_all_checks_of_the_tier_each_once() {
        for nightly in [false, true] {
            let parts = parts(nightly);
            let lists = parts.iter().flat_map(|part| part.only.split(','));
            let mut names: Vec<_> = lists.map(str::to_owned).collect();
            selected(nightly, &names).unwrap();
            names.sort();
            // Several machines may need the tree.
            names.dedup();
            assert_eq!(names.len(), of_tier(nightly).count());
        }
        assert!(parts(true).len() > parts(false).len());
    }

    #[test]
    fn the_table_counts_what_failed() {
        let outcome = |name, passed| Outcome {
            name,
            passed,
            elapsed: Duration::from_millis(1500),
        };
        assert_eq!(
            table(&[outcome("format", true), outcome("lints", false)]),
            "\nformat  passed      1.5 s\nlints   FAILED      1.5 s\n1 passed, 1 failed\n"
        );
    }
}
