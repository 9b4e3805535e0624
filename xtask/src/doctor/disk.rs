// SPDX-License-Identifier: MIT OR Apache-2.0

//! Room on the disk for what is built.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use nix::sys::statvfs::statvfs;

const GB: u64 = 1_000_000_000;

/// Bytes that one flavor takes at first: the sources where people work and where kernels are built,
/// their repository, the objects.
const FIRST: u64 = 7 * GB;

/// With less than this nothing is begun: not even a build of what changed since the last one ends.
const LEAST: u64 = GB;

/// A line for people: how much is free where `folder` is or will be.
pub(crate) fn line(folder: &Path) -> Result<String> {
    let free = free(folder)?;
    let state = if free >= FIRST { "ok" } else { "LOW" };
    Ok(format!(
        "{state:8}{:20}{} GB free in {} (a first build takes {})",
        "disk space",
        free / GB,
        folder.display(),
        FIRST / GB
    ))
}

/// An error where too little is free to begin.
pub(crate) fn require(folders: &[&Path]) -> Result<()> {
    folders
        .iter()
        .try_for_each(|folder| judge(folder, free(folder)?))
}

fn judge(folder: &Path, free: u64) -> Result<()> {
    ensure!(
        free >= LEAST,
        "only {} MB are free in {}, and a first build takes {} GB; free some, for example with \
         `cargo xtask clean`, and run this again",
        free / 1_000_000,
        folder.display(),
        FIRST / GB
    );
    Ok(())
}

/// In bytes.
fn free(folder: &Path) -> Result<u64> {
    let there = folder
        .ancestors()
        .find(|path| path.exists())
        .unwrap_or(folder);
    let stat = statvfs(there)
        .with_context(|| format!("cannot ask how much is free in {}", there.display()))?;
    Ok(stat.blocks_available() * stat.fragment_size())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_said_before_anything_is_begun() {
        let folder = Path::new("/project/target");
        let error = judge(folder, 287_000_000).unwrap_err().to_string();
        assert!(
            error.starts_with(
                "only 287 MB are free in /project/target, and a first build takes 7 GB"
            ),
            "{error}"
        );
        judge(folder, LEAST).unwrap();
    }

    #[test]
    fn a_folder_that_is_not_there_yet_has_what_is_above_it() {
        let folder = tempfile::tempdir().unwrap();
        assert!(
            line(&folder.path().join("not/yet"))
                .unwrap()
                .contains("GB free in")
        );
    }
}
