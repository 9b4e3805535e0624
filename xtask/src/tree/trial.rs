// SPDX-License-Identifier: MIT OR Apache-2.0

//! A checkout to try things in: on no branch, and nobody works there.

use std::path::PathBuf;

use anyhow::Result;

use super::{Tree, base};
use crate::git::Git;

/// The name of its folder.
const TRIAL: &str = "trial";

impl Tree<'_> {
    /// The untouched sources in `target/tree/trial`, whatever was there before. New files that git
    /// ignores are left.
    pub(crate) fn trial(&self) -> Result<Git> {
        base::ensure(self.project, self.pin, None)?;
        let folder = self.trial_folder();
        let git = Git::at(&folder);
        if !folder.exists() {
            let repository = self.repository();
            repository.run(&["worktree", "prune"])?;
            let workers = ["-c", "checkout.workers=0"];
            let path = folder.to_string_lossy();
            let add = [
                "worktree",
                "add",
                "--quiet",
                "--detach",
                &path,
                base::BRANCH,
            ];
            repository.run(&[workers.as_slice(), &add].concat())?;
            return Ok(git);
        }
        // What an interrupted one left: an `am` under way, and files that are half written.
        git.is(&["am", "--quit"])?;
        git.run(&["checkout", "--quiet", "--force", "--detach", base::BRANCH])?;
        git.run(&["clean", "--quiet", "-d", "--force"])?;
        Ok(git)
    }

    fn trial_folder(&self) -> PathBuf {
        self.project.target.join("tree").join(TRIAL)
    }
}
