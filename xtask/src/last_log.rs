// SPDX-License-Identifier: MIT OR Apache-2.0

//! `cargo xtask log`: the kernel log of the last run, its stack traces with files and lines.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::flavor::Flavor;
use crate::kernel::Workplace;
use crate::make;
use crate::process;
use crate::project::Project;
use crate::symbols;
use crate::toolchain::Toolchain;
use crate::vm::Logs;

const EXAMPLES: &str = "\
Examples:
  cargo xtask log                     that of the guest that ended last
  cargo xtask log debug/storm         that of a scenario on a flavor
  cargo xtask log --raw | less        as the guest wrote it";

/// What `log` is told.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// `FLAVOR/SCENARIO` [default: the guest that ended last]
    run: Option<String>,
    /// Leave stack traces as they are
    #[arg(long)]
    raw: bool,
    /// Where the files of the runs are [default: target/runs]
    #[arg(long, value_name = "FOLDER")]
    runs: Option<PathBuf>,
}

/// Prints the log; where it comes from is said apart from it.
pub(crate) fn run(project: &Project, options: &Options) -> Result<()> {
    let runs = options.runs.clone().unwrap_or_else(|| project.runs());
    let folder = match &options.run {
        Some(name) => runs.join(name),
        None => last(&runs)?,
    };
    let log = Logs::within(&folder).console;
    ensure!(
        log.is_file(),
        "there is no {}; `cargo xtask qemu-test` runs guests",
        log.display()
    );
    eprintln!("       … {}", log.display());
    let text = fs::read(&log).with_context(|| format!("cannot read {}", log.display()))?;
    let text = String::from_utf8_lossy(&text).replace('\r', "");
    let traced = ["Call Trace:", "Call trace:"]
        .iter()
        .any(|words| text.contains(words));
    match traced && !options.raw {
        true => print!("{}", decoded(project, &folder, &log, text)?),
        false => print!("{text}"),
    }
    Ok(())
}

/// The folder of the guest that ended last: each has one below that of its flavor.
fn last(runs: &Path) -> Result<PathBuf> {
    let mut found = None;
    for flavor in folders(runs)? {
        for folder in folders(&flavor)? {
            let log = Logs::within(&folder).console;
            let Ok(written) = log.metadata().and_then(|data| data.modified()) else {
                continue;
            };
            if found.as_ref().is_none_or(|(last, _)| written > *last) {
                found = Some((written, folder));
            }
        }
    }
    let (_, folder) = found.with_context(|| {
        format!(
            "nothing has run in {}; `cargo xtask qemu-test` runs guests",
            runs.display()
        )
    })?;
    Ok(folder)
}

fn folders(parent: &Path) -> Result<Vec<PathBuf>> {
    let Ok(entries) = fs::read_dir(parent) else {
        return Ok(Vec::new());
    };
    let paths: std::io::Result<Vec<_>> = entries.map(|entry| Ok(entry?.path())).collect();
    let mut paths = paths.with_context(|| format!("cannot read {}", parent.display()))?;
    paths.retain(|path| path.is_dir());
    Ok(paths)
}

/// The log with each address of a stack trace as file and line, by the kernel's own script. Without
/// the symbols of that kernel it stays as it is, and is said how to get them.
fn decoded(project: &Project, folder: &Path, log: &Path, text: String) -> Result<String> {
    let flavor = folder.parent().and_then(Path::file_name);
    let flavor = flavor.context("a run without a flavor")?.to_string_lossy();
    let Some(vmlinux) = symbols::vmlinux(project, &flavor, folder) else {
        eprintln!(
            "       … no symbols of that kernel, so that stack traces stay as they are; \
             `cargo xtask build-kernel --flavor {flavor} --print objects` makes them, \
             if patches/ and the sources are the same still"
        );
        return Ok(text);
    };
    let config = vmlinux.with_file_name(".config");
    let config =
        fs::read_to_string(&config).with_context(|| format!("cannot read {}", config.display()))?;
    if !config.lines().any(|line| line == "CONFIG_DEBUG_INFO=y") {
        eprintln!(
            "       … flavor {flavor} has no debugging information, so that stack traces stay as \
             they are"
        );
        return Ok(text);
    }
    // The sources of the last build, which in files that the series touch may be another's; the
    // script takes only their place out of the paths.
    let tree = Workplace::of(project, &Flavor::named(project, &flavor)?).tree;
    let file = File::open(log).with_context(|| format!("cannot open {}", log.display()))?;
    let suffix = Toolchain::find(project)?.clang.suffix;
    // It names LLVM's tools as the kernel's build does; without a suffix, any word stands for them.
    let llvm = if suffix.is_empty() { "1" } else { &suffix };
    let mut script = make::clean(&tree.join("scripts/decode_stacktrace.sh"));
    script
        .env("LLVM", llvm)
        .arg(&vmlinux)
        .arg(&tree)
        .arg(project.target.join("modules").join(&*flavor));
    let (status, output, errors) = process::collect_from(&mut script, Stdio::from(file))?;
    ensure!(
        status.success(),
        "decode_stacktrace.sh failed ({status}): {}; --raw shows the log as it is",
        errors.trim()
    );
    Ok(output)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::scratch;
    use std::time::{Duration, SystemTime};

    #[test]
    fn the_last_log_is_the_one_that_was_written_last() {
        let (_folder, project) = scratch();
        let runs = project.runs();
        let error = last(&runs).unwrap_err().to_string();
        assert!(error.contains("nothing has run"), "{error}");
        for (name, age) in [("rust/new", 1), ("rust/old", 60), ("stock/older", 90)] {
            let folder = runs.join(name);
            fs::create_dir_all(&folder).unwrap();
            let file = fs::File::create(folder.join("console.log")).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(age))
                .unwrap();
        }
        assert_eq!(last(&runs).unwrap(), runs.join("rust/new"));
    }
}
