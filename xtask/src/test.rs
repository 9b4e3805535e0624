// SPDX-License-Identifier: MIT OR Apache-2.0

//! `cargo xtask test`: everything that a change must pass.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::arch::Arch;
use crate::doctor::{self, Need, Permission};
use crate::process::Group;
use crate::project::Project;

const EXAMPLES: &str = "\
Examples:
  cargo xtask test                       everything; minutes once the kernels are built
  cargo xtask test --only format,lints   some of it
  cargo xtask test --junit reports       with a report of the scenarios for machines";

/// What `test` is told.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// Make these checks only
    #[arg(long, value_name = "CHECK", value_delimiter = ',')]
    only: Vec<String>,
    /// Say what different machines can check at the same time, as a JSON list of what --only takes
    #[arg(long, conflicts_with_all = ["only", "junit"])]
    list: bool,
    /// Write the results of the scenarios to this folder as JUnit XML, too
    #[arg(long, value_name = "FOLDER")]
    junit: Option<PathBuf>,
}

/// One thing that is checked, by a command that anybody can give by hand.
struct Check {
    name: &'static str,
    /// What is asked of cargo.
    arguments: &'static [&'static str],
    /// Whether it runs scenarios, and can report them.
    reports: bool,
}

const HOST: &str = "test-payloads/host/Cargo.toml";

/// In this order: what fails fast comes first, what needs the kernels after they are built.
const CHECKS: &[Check] = &[
    cargo("format", &["fmt", "--all", "--check"]),
    cargo(
        "lints",
        &[
            "clippy",
            "--quiet",
            "--locked",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ],
    ),
    cargo(
        "docs",
        &["doc", "--quiet", "--locked", "--workspace", "--no-deps"],
    ),
    cargo("tree", &["xtask", "tree"]),
    cargo("review", &["xtask", "review", "--quick"]),
    // The tests of the core on the host are a workspace of their own, which needs the tree.
    cargo(
        "logic-format",
        &[
            "fmt",
            "--check",
            "--manifest-path",
            HOST,
            "--package",
            "host",
            "--package",
            "kernel",
        ],
    ),
    cargo(
        "logic-lints",
        &[
            "clippy",
            "--quiet",
            "--locked",
            "--manifest-path",
            HOST,
            "--target-dir",
            "target/host",
            "--package",
            "host",
            "--package",
            "kernel",
            "--all-targets",
            "--no-deps",
            "--",
            "-D",
            "warnings",
        ],
    ),
    cargo("logic", &["xtask", "host-test"]),
    cargo("miri", &["xtask", "host-test", "--miri"]),
    cargo(
        "kernels",
        &[
            "xtask",
            "build-kernel",
            "--flavor",
            "rust",
            "--flavor",
            "stock",
            "--flavor",
            "c",
        ],
    ),
    cargo("units", &["test", "--quiet", "--locked", "--workspace"]),
    scenarios(
        "scenarios",
        &["xtask", "qemu-test", "--flavor", "stock,c,rust"],
    ),
    cargo("versions", &["xtask", "symbol-versions"]),
    cargo("misuse", &["xtask", "misuse"]),
    scenarios(
        "modules",
        &[
            "xtask",
            "qemu-test",
            "--flavor",
            "stock-module,c-module,rust-module",
        ],
    ),
    scenarios(
        "debug",
        &["xtask", "qemu-test", "--flavor", "debug,debug-module"],
    ),
    // Fails when the figures of two runs differ, the best of the flavors misses a target, or an
    // operation is dearer than the record says, which is to be made anew in the same commit.
    cargo(
        "bench",
        &[
            "xtask",
            "bench",
            "--compare",
            "test-payloads/benches/baseline.json",
        ],
    ),
];

const fn cargo(name: &'static str, arguments: &'static [&'static str]) -> Check {
    Check {
        name,
        arguments,
        reports: false,
    }
}

const fn scenarios(name: &'static str, arguments: &'static [&'static str]) -> Check {
    Check {
        name,
        arguments,
        reports: true,
    }
}

/// What came of a check.
struct Outcome {
    name: &'static str,
    passed: bool,
    elapsed: Duration,
}

/// Makes all checks, also after one has failed, and says at the end which did.
pub(crate) fn run(project: &Project, options: &Options) -> Result<()> {
    if options.list {
        println!("{}", serde_json::to_string(&parts())?);
        return Ok(());
    }
    let checks = selected(&options.only)?;
    doctor::require(project, &needs(&checks), Permission::default())?;
    let mut outcomes = Vec::new();
    for check in checks {
        eprintln!("\n== {}: cargo {}", check.name, check.arguments.join(" "));
        let started = Instant::now();
        let passed = make(check, project, options.junit.as_deref())?;
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

/// The checks that take long, each by itself, after all others in one: names parted by commas.
fn parts() -> Vec<String> {
    let (long, others): (Vec<_>, Vec<_>) = CHECKS.iter().partition(|check| check.reports);
    let names: Vec<_> = others.iter().map(|check| check.name).collect();
    let long = long.iter().map(|check| check.name.to_owned());
    std::iter::once(names.join(",")).chain(long).collect()
}

fn selected(only: &[String]) -> Result<Vec<&'static Check>> {
    if only.is_empty() {
        return Ok(CHECKS.iter().collect());
    }
    only.iter()
        .map(|name| {
            CHECKS
                .iter()
                .find(|check| check.name == name)
                .with_context(|| {
                    let names: Vec<_> = CHECKS.iter().map(|check| check.name).collect();
                    format!("there is no check {name}; there are {}", names.join(", "))
                })
        })
        .collect()
}

/// What cargo's own commands take. The others ask for it themselves.
fn needs(checks: &[&Check]) -> Vec<Need<'static>> {
    let mut needs = Vec::new();
    for check in checks {
        match check.arguments {
            ["fmt" | "clippy", ..] => needs.push(Need::Lints),
            // Tests boot guests.
            ["test", ..] => needs.extend([Need::Build, Need::Boot(Arch::default(), &[])]),
            _ => {}
        }
    }
    needs
}

fn make(check: &Check, project: &Project, junit: Option<&Path>) -> Result<bool> {
    // The cargo that runs this, if it was cargo.
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .current_dir(&project.root)
        .args(check.arguments)
        .env("RUSTDOCFLAGS", "-D warnings");
    if let Some(folder) = junit
        && check.reports
    {
        command
            .arg("--junit")
            .arg(folder.join(check.name).with_extension("xml"));
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
        let Err(error) = selected(&["fromat".into()]) else {
            panic!("fromat was found")
        };
        assert!(
            error
                .to_string()
                .starts_with("there is no check fromat; there are format, ")
        );
    }

    #[test]
    fn what_cargo_does_itself_needs_is_asked_for() {
        assert!(needs(&selected(&["tree".into()]).unwrap()).is_empty());
        let all = needs(&selected(&["format".into(), "units".into()]).unwrap());
        assert!(matches!(
            all[..],
            [Need::Lints, Need::Build, Need::Boot(..)]
        ));
    }

    #[test]
    fn the_parts_are_all_checks_each_once() {
        let parts = parts().join(",");
        let mut names: Vec<_> = parts.split(',').map(str::to_owned).collect();
        let chosen = selected(&names).unwrap();
        assert_eq!(chosen.len(), CHECKS.len());
        names.sort();
        names.dedup();
        assert_eq!(names.len(), CHECKS.len());
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
