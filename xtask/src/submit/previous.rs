// SPDX-License-Identifier: MIT OR Apache-2.0

//! The series as they were at another revision of the project.

use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::git::Git;
use crate::process;
use crate::project::Project;

/// Writes `patches/` of `revision` into `folder`, and gives the project that has them there.
pub(crate) fn checkout(project: &Project, revision: &str, folder: &Path) -> Result<Project> {
    let git = Git::at(&project.root);
    ensure!(
        git.commit(revision)?.is_some(),
        "this project has no revision {revision}; give --previous one that `git log` shows"
    );
    let list = ["ls-tree", "-r", "--name-only", revision, "patches/"];
    for path in git.text(&list)?.lines() {
        let content = process::capture(&mut git.command(&["show", &format!("{revision}:{path}")]))?;
        let place = folder.join(path);
        let parent = place.parent().context("a file without a folder")?;
        std::fs::create_dir_all(parent)
            .and_then(|()| std::fs::write(&place, content))
            .with_context(|| format!("cannot write {}", place.display()))?;
    }
    Ok(Project {
        root: folder.to_path_buf(),
        ..project.clone()
    })
}
