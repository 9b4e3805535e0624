// SPDX-License-Identifier: MIT OR Apache-2.0

//! The work tree as it is, checked out where kernels are built.

use std::path::Path;

use anyhow::{Context, Result};

use super::{State, Tree, base, branch_of, head};
use crate::cache;
use crate::git::Git;
use crate::process;

/// The commit that is built. Other checkouts have one of their own in their repositories.
const BUILT: &str = "refs/build/built";

impl Tree<'_> {
    /// Makes sure that the series can be built: as [`Self::update`], but without a work tree of
    /// untouched sources, which somebody may want to see and no build needs.
    pub(crate) fn prepare(&self, series: &[String], source: Option<&Path>) -> Result<()> {
        match series {
            [] => base::ensure(self.project, self.pin, source),
            series => self.update(series, source).map(|_| ()),
        }
    }

    /// The content of the work tree of a series, also what is not committed, as a git tree id.
    pub(crate) fn content(&self, series: &[String]) -> Result<String> {
        let git = Git::at(self.folder(series));
        let index = tempfile::NamedTempFile::new().context("cannot make an index")?;
        // git takes an empty file for a broken index, and what it knows of the files saves it
        // from reading them all.
        let own = git.text(&["rev-parse", "--git-path", "index"])?;
        std::fs::copy(git.dir().join(&own), index.path())
            .with_context(|| format!("cannot copy {own}"))?;
        let text = |arguments: &[&str]| {
            let mut command = git.command(arguments);
            process::capture(command.env("GIT_INDEX_FILE", index.path()))
        };
        text(&["add", "--all"])?;
        Ok(text(&["write-tree"])?.trim().to_owned())
    }

    /// Checks out into `folder`, a clone of its own, what the work tree of the series holds. Files
    /// that are the same already keep their time stamps.
    pub(crate) fn check_out(&self, series: &[String], folder: &Path) -> Result<()> {
        let repository = self.repository();
        let commit = self.commit_to_build(series)?;
        repository.run(&["update-ref", BUILT, &commit])?;
        let from = repository.dir().to_string_lossy().into_owned();
        if !folder.exists() {
            let partial = folder.with_extension("partial");
            cache::remove(&partial)?;
            let to = partial.to_string_lossy();
            repository.run(&["clone", "--quiet", "--local", "--no-checkout", &from, &to])?;
            std::fs::rename(&partial, folder)
                .with_context(|| format!("cannot move {} into place", partial.display()))?;
        }
        let git = Git::at(folder);
        // Nobody else works there: an interrupted checkout has left it behind.
        cache::remove(&folder.join(".git/index.lock"))?;
        git.run(&["fetch", "--quiet", "--no-tags", &from, BUILT])?;
        let checkout = ["checkout", "--quiet", "--force", "--detach", &commit];
        git.run(&[["-c", "checkout.workers=0"].as_slice(), &checkout].concat())?;
        git.run(&["clean", "--quiet", "-d", "-x", "--force"])
    }

    fn commit_to_build(&self, series: &[String]) -> Result<String> {
        let git = self.repository();
        let branch = head(branch_of(series));
        if !matches!(self.local_work(series)?, State::Edited(_)) {
            return git.text(&["rev-parse", &branch]);
        }
        let content = self.content(series)?;
        let message = ["-m", "work in progress"];
        let commit = ["commit-tree", &content, "-p", &branch];
        let mut command = git.command(&[commit.as_slice(), &message].concat());
        command.envs([
            ("GIT_AUTHOR_NAME", "connector"),
            ("GIT_AUTHOR_EMAIL", "connector@localhost"),
        ]);
        Ok(process::capture(&mut command)?.trim().to_owned())
    }
}
