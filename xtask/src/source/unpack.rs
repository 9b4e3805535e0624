// SPDX-License-Identifier: MIT OR Apache-2.0

//! From a tarball or a folder to a folder that holds just the kernel's sources.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::project::Project;
use crate::stage::Stage;

/// tar says how far it is each so many records of 10 KiB, here each 51 MB.
const CHECKPOINT: usize = 5_000;

/// Unpacks a tarball, whatever it is compressed with, without its topmost folder.
pub(crate) fn tarball(project: &Project, path: &Path, into: &Path) -> Result<()> {
    let mut stage = Stage::start("source: unpack");
    let log = project.log("unpack.log")?;
    let mut tar = Command::new("tar");
    tar.args([
        "--extract",
        "--strip-components=1",
        "--no-same-owner",
        "--file",
    ])
    .arg(path)
    .arg("--directory")
    .arg(into)
    .arg(format!("--checkpoint={CHECKPOINT}"))
    .arg("--checkpoint-action=echo=%u")
    // All processors decompress, where the tarball has blocks for them.
    .env("XZ_DEFAULTS", "--threads=0");
    let mut last = String::new();
    let status = process::run_logged(&mut tar, &log, |line| {
        match line.rsplit(' ').next().map(str::parse::<usize>) {
            Some(Ok(records)) => stage.progress(format!("{} MB", records * 10_240 / 1_000_000)),
            _ => last = line.to_owned(),
        }
    })?;
    if !status.success() {
        bail!(
            "cannot unpack {}: {last}\nlog: {}",
            path.display(),
            log.display()
        );
    }
    stage.done(path.display());
    Ok(())
}

/// Copies a folder of sources, without a repository that may be in it.
pub(crate) fn copy(path: &Path, into: &Path) -> Result<()> {
    let stage = Stage::start("source: copy");
    process::capture(
        Command::new("cp")
            .args(["--archive", "--reflink=auto"])
            .arg(path.join("."))
            .arg(into),
    )?;
    let repository = into.join(".git");
    let removed = match repository.symlink_metadata() {
        Err(_) => Ok(()),
        Ok(data) if data.is_dir() => std::fs::remove_dir_all(&repository),
        Ok(_) => std::fs::remove_file(&repository),
    };
    removed.with_context(|| format!("cannot remove {}", repository.display()))?;
    stage.done(path.display());
    Ok(())
}

/// The version in the kernel's topmost Makefile.
pub(crate) fn version(tree: &Path) -> Result<String> {
    let path = tree.join("Makefile");
    let makefile = std::fs::read_to_string(&path)
        .context("this is no kernel: it has no Makefile; give a tarball or folder of Linux")?;
    let part = |name: &str| {
        makefile
            .lines()
            .find_map(|line| line.strip_prefix(name)?.trim_start().strip_prefix('='))
            .map(str::trim)
    };
    match (part("VERSION"), part("PATCHLEVEL"), part("SUBLEVEL")) {
        (Some(version), Some(patchlevel), Some(sublevel)) => {
            Ok(format!("{version}.{patchlevel}.{sublevel}"))
        }
        _ => bail!("this is no kernel: its Makefile has no version"),
    }
}
