// SPDX-License-Identifier: MIT OR Apache-2.0

//! Programs in PATH.

use std::env;
use std::path::PathBuf;

/// The first `name` in PATH.
pub(crate) fn which(name: &str) -> Option<PathBuf> {
    in_path(name).into_iter().next()
}

/// Every `name` in PATH.
pub(super) fn in_path(name: &str) -> Vec<PathBuf> {
    path_folders()
        .into_iter()
        .map(|folder| folder.join(name))
        .filter(|path| path.is_file())
        .collect()
}

/// The folders of PATH, without repetition.
pub(super) fn path_folders() -> Vec<PathBuf> {
    let mut folders = Vec::new();
    let path = env::var_os("PATH").unwrap_or_default();
    for folder in env::split_paths(&path) {
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    folders
}
