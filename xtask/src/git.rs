// SPDX-License-Identifier: MIT OR Apache-2.0

//! `git`, run so that the user's own configuration changes nothing.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::process;

/// Who commits what is applied from files; the authors are those of the patches.
const COMMITTER: [(&str, &str); 2] = [
    ("GIT_COMMITTER_NAME", "connector"),
    ("GIT_COMMITTER_EMAIL", "connector@localhost"),
];

/// What a caller that is itself run by git (a hook) would pass on.
const INHERITED: [&str; 5] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_CONFIG_PARAMETERS",
];

/// A work tree.
#[derive(Debug, Clone)]
pub(crate) struct Git {
    dir: PathBuf,
}

impl Git {
    /// The work tree in `dir`.
    pub(crate) fn at(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// Where it is.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// What is checked out, as people name it, for example `0123abc` or `0123abc-dirty`; nothing where
    /// there is no repository, as in an archive of one.
    pub(crate) fn checked_out(&self) -> Option<String> {
        let description = self.text(&[
            // In a container the checkout may be somebody else's.
            "-c",
            "safe.directory=*",
            "describe",
            "--always",
            "--dirty",
            "--exclude=*",
        ]);
        description.ok()
    }

    /// `git` with `arguments`, to be run in the work tree.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        for name in INHERITED {
            command.env_remove(name);
        }
        command
            .current_dir(&self.dir)
            .envs(COMMITTER)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("LC_ALL", "C")
            .args(["-c", "core.hooksPath=/dev/null", "-c", "gc.auto=0"])
            .args(["-c", "advice.detachedHead=false"])
            .args(arguments);
        command
    }

    /// Runs it; gives its output without white space at the ends.
    pub(crate) fn text(&self, arguments: &[&str]) -> Result<String> {
        let output = process::capture(&mut self.command(arguments))?;
        Ok(output.trim().to_owned())
    }

    /// Runs it for what it does.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<()> {
        self.text(arguments).map(|_| ())
    }

    /// Runs it for a yes (status 0) or a no.
    pub(crate) fn is(&self, arguments: &[&str]) -> Result<bool> {
        let (status, _, _) = process::collect(&mut self.command(arguments))?;
        Ok(status.success())
    }

    /// The commit that `name` stands for, if there is one.
    pub(crate) fn commit(&self, name: &str) -> Result<Option<String>> {
        let wanted = format!("{name}^{{commit}}");
        let arguments = ["rev-parse", "--quiet", "--verify", &wanted];
        let (status, hash, _) = process::collect(&mut self.command(&arguments))?;
        Ok(status.success().then(|| hash.trim().to_owned()))
    }

    /// The branch that is checked out; none while it is detached or in the middle of a rebase.
    pub(crate) fn branch(&self) -> Result<Option<String>> {
        let arguments = ["symbolic-ref", "--quiet", "--short", "HEAD"];
        let (status, name, _) = process::collect(&mut self.command(&arguments))?;
        Ok(status.success().then(|| name.trim().to_owned()))
    }

    /// A value of the repository's own configuration, if it is set.
    pub(crate) fn setting(&self, name: &str) -> Result<Option<String>> {
        let arguments = ["config", "--local", "--get", name];
        let (status, value, _) = process::collect(&mut self.command(&arguments))?;
        Ok(status.success().then(|| value.trim().to_owned()))
    }

    /// The files that differ from the commit, also new ones.
    pub(crate) fn uncommitted(&self) -> Result<Vec<String>> {
        let output = process::capture(&mut self.command(&["status", "--porcelain"]))?;
        Ok(output
            .lines()
            .filter_map(|line| line.get(3..))
            .map(str::to_owned)
            .collect())
    }
}
