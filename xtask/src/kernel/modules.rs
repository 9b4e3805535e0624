// SPDX-License-Identifier: MIT OR Apache-2.0

//! The test modules: which there are, and which of them a kernel can have.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::project::Project;

/// Where they are, a folder each.
pub(super) fn sources(project: &Project) -> PathBuf {
    project.payloads().join("modules")
}

/// The folders with a Kbuild file whose modules a kernel of these options can have, in the order of
/// their names.
pub(super) fn of_kernel(project: &Project, config: &str) -> Result<Vec<PathBuf>> {
    let sources = sources(project);
    let mut folders = Vec::new();
    if !sources.exists() {
        return Ok(folders);
    }
    for folder in entries(&sources)? {
        if folder.join("Kbuild").is_file() && fits(&folder, config)? {
            folders.push(folder);
        }
    }
    Ok(folders)
}

/// Modules in Rust, which are written for the series' API, need a kernel with Rust; the flavors
/// without the series have none.
pub(super) fn fits(folder: &Path, config: &str) -> Result<bool> {
    let mut files = entries(folder)?.into_iter();
    let is_rust = files.any(|file| file.extension().is_some_and(|extension| extension == "rs"));
    Ok(!is_rust || config.lines().any(|line| line == "CONFIG_RUST=y"))
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let cannot = || format!("cannot read {}", folder.display());
    let entries = fs::read_dir(folder).with_context(cannot)?;
    let paths = entries.map(|entry| Ok(entry.with_context(cannot)?.path()));
    let mut paths = paths.collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::scratch;

    #[test]
    fn modules_in_rust_are_for_kernels_with_rust() {
        let (_folder, project) = scratch();
        for file in ["c/Kbuild", "c/c.c", "rs/Kbuild", "rs/rs.rs", "other/x.c"] {
            let path = sources(&project).join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let names = |config: &str| {
            let folders = of_kernel(&project, config).unwrap();
            let names = folders.iter().flat_map(|folder| folder.file_name());
            names.map(|name| name.to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names("CONFIG_RUST_IS_AVAILABLE=y\n"), ["c"]);
        assert_eq!(names("# CONFIG_RUST is not set\n"), ["c"]);
        assert_eq!(names("CONFIG_NET=y\nCONFIG_RUST=y\n"), ["c", "rs"]);
    }
}
