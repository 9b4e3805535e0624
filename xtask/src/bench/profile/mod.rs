// SPDX-License-Identifier: MIT OR Apache-2.0

//! Where the instructions of an operation go, function by function.
//!
//! A plugin of QEMU, the crate `watcher`, notes each instruction that the guest executes while it
//! measures that operation. Of all times it takes the median, as the figures do.

mod symbols;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::table::align;
use crate::process;
use crate::project::Project;
use crate::queue;
use crate::report;
use crate::run::{Host, Job, Run};
use crate::scenario::Scenario;
use crate::stage::Stage;

use symbols::Symbols;

/// The file of a run that the plugin writes.
const OUTPUT: &str = "instructions";

/// Instructions by function.
type Profile = BTreeMap<String, u64>;

/// Runs one guest on each of the host's kernels, which is told of the operation that the host's
/// filter names, and prints where its instructions go.
pub(super) fn run(project: &Project, scenario: &Scenario, host: &Host) -> Result<()> {
    let operation = host.filter.context("no operation was named")?;
    let plugin = plugin(project)?;
    let jobs: Vec<_> = host
        .kernels
        .iter()
        .map(|kernel| {
            let folder = project.runs().join(&kernel.flavor);
            let folder = folder.join("bench-profile");
            Job {
                scenario,
                kernel,
                plugin: Some(argument(&plugin, &folder.join(OUTPUT))),
                round: 1,
                folder,
            }
        })
        .collect();
    let runs = queue::run_all(&jobs, host)?;
    print!("{}", report::failures(&runs, &[]));
    report::verdict(&runs, &[])?;
    let profiles = runs.iter().map(|run| {
        let profile = profile(run, operation).with_context(|| run.job.name())?;
        Ok((run.job.kernel.flavor.clone(), profile))
    });
    print!(
        "{}",
        table(operation, &profiles.collect::<Result<Vec<_>>>()?)
    );
    Ok(())
}

/// Builds the plugin and gives its file.
fn plugin(project: &Project) -> Result<PathBuf> {
    let mut stage = Stage::start("plugin: build");
    let target = project.target.join("plugin");
    let log = project.log("plugin.log")?;
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    command
        .current_dir(&project.root)
        .args(["build", "--locked", "--release", "--package", "watcher"])
        .arg("--target-dir")
        .arg(&target);
    let status = process::run_logged(&mut command, &log, |line| stage.progress(line))?;
    ensure!(
        status.success(),
        "the plugin does not build; the whole log: {}",
        log.display()
    );
    let file = target.join("release/libwatcher.so");
    stage.done(file.display());
    Ok(file)
}

/// In QEMU's words a comma is doubled.
fn argument(plugin: &Path, output: &Path) -> String {
    let [plugin, output] = [plugin, output].map(|p| p.to_string_lossy().replace(',', ",,"));
    format!("{plugin},out={output}")
}

fn profile(run: &Run, operation: &str) -> Result<Profile> {
    let read = |path: &Path| {
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
    };
    let executed = read(&run.job.folder.join(OUTPUT))?;
    let tests = run.verdict.tests.iter();
    let names: Vec<_> = tests
        .filter_map(|test| test.path.strip_prefix(super::figures::STEP))
        .filter(|name| !name.starts_with(super::row::MEASURING))
        .collect();
    ensure!(
        !executed.is_empty(),
        "there is no operation `{operation}`; there are:\n{}",
        names.join("\n")
    );
    let system_map = read(&run.job.kernel.dir.join("System.map"))?;
    let symbols = Symbols::new(&system_map, &read(&run.job.results())?)?;
    attributed(&executed, &symbols)
}

/// Adds up lines `ADDRESS COUNT`.
fn attributed(executed: &str, symbols: &Symbols) -> Result<Profile> {
    let mut profile = Profile::new();
    for line in executed.lines() {
        let numbers = line.split_once(' ').and_then(|(address, count)| {
            Some((
                u64::from_str_radix(address, 16).ok()?,
                count.parse::<u64>().ok()?,
            ))
        });
        let (address, count) =
            numbers.with_context(|| format!("the plugin wrote `{line}`, which is no count"))?;
        *profile.entry(symbols.function(address)).or_default() += count;
    }
    Ok(profile)
}

/// A line a function and a column a flavor, what takes most first.
fn table(operation: &str, profiles: &[(String, Profile)]) -> String {
    let costs = |name: &String| -> Vec<Option<u64>> {
        let of = profiles.iter().map(|(_, profile)| profile.get(name));
        of.map(|cost| cost.copied()).collect()
    };
    let mut names: Vec<_> = profiles.iter().flat_map(|(_, p)| p.keys()).collect();
    names.sort_by_key(|name| (Reverse(costs(name).into_iter().max()), *name));
    names.dedup();
    let line = |first: String, numbers: Vec<String>| [vec![first], numbers].concat();
    let flavors = profiles.iter().map(|(flavor, _)| flavor.clone());
    let mut lines = vec![line(operation.to_owned(), flavors.collect())];
    for name in names {
        let word = |cost: Option<u64>| cost.map_or("-".to_owned(), |cost| cost.to_string());
        let numbers = costs(name).into_iter().map(word);
        lines.push(line(name.clone(), numbers.collect()));
    }
    let sums = profiles
        .iter()
        .map(|(_, p)| p.values().sum::<u64>().to_string());
    lines.push(line(
        "all, and reading the counter".to_owned(),
        sums.collect(),
    ));
    format!("{}\n", align(&lines))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_are_added_up_by_function_and_the_dearest_comes_first() {
        let map = "ffffffff81000000 T cheap\nffffffff81000010 T dear\n";
        let symbols = Symbols::new(map, "").unwrap();
        let executed = "ffffffff81000000 2\nffffffff81000010 3\nffffffff81000014 4\n";
        let profile = attributed(executed, &symbols).unwrap();
        let other = Profile::from([("cheap".to_owned(), 1)]);
        let profiles = [("c".to_owned(), profile), ("rust".to_owned(), other)];
        assert_eq!(
            table("add/1 ids", &profiles),
            "add/1 ids                     c  rust\n\
             dear                          7     -\n\
             cheap                         2     1\n\
             all, and reading the counter  9     1\n\n"
        );
        assert!(attributed("x 1", &symbols).is_err());
    }

    #[test]
    fn a_comma_in_a_path_does_not_end_it() {
        let argument = argument(Path::new("/a,b/p.so"), Path::new("/c/o"));
        assert_eq!(argument, "/a,,b/p.so,out=/c/o");
    }
}
