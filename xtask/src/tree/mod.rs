// SPDX-License-Identifier: MIT OR Apache-2.0

//! The work tree: a git repository of the pinned sources, with each series on a branch of its own.
//!
//! The repository is `target/tree/linux.git`. The branch `base` holds the sources; the branch of each folder of `patches/` builds on the one
//! before it. A series is checked out under the name of its last folder, `target/tree/rust`, so
//! that building another flavor touches no time stamps. Developers edit and commit right there.
//!
//! For each branch, `exported.FOLDER.at` of the repository's configuration is the commit and the
//! sum of the patches at which both were last the same: it tells commits that nobody exported from
//! patches that somebody else changed.

mod apply;
mod base;
mod build;
mod export;
mod series;
#[cfg(test)]
pub(crate) mod tests;
mod trial;
mod update;

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::git::Git;
use crate::project::Project;
use crate::source::Pin;
pub(crate) use apply::apply;
pub(crate) use series::{COVER, COVER_PATCH, Mail, read};

/// How a checked out series and its patches stand to each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum State {
    /// The series is not checked out, or its patches have changed since; nothing would be lost by
    /// making it anew.
    Behind,
    /// What is checked out is what the patches make.
    Same,
    /// Somebody works here; says on what.
    Edited(String),
}

/// The work tree of a project.
pub(crate) struct Tree<'a> {
    project: &'a Project,
    pin: &'a Pin,
}

/// A folder of patches with its branch and the branch below.
struct Level<'a> {
    folder: &'a str,
    parent: &'a str,
}

/// How a branch and its folder of patches compare.
struct Comparison {
    /// How many patches, from the first on, are the branch's commits already.
    common: usize,
    /// Whether that is all of both.
    same: bool,
    /// Whether the branch has moved since it was last exported or made.
    moved: bool,
}

impl<'a> Tree<'a> {
    /// The work tree that `project` has or will have.
    pub(crate) fn new(project: &'a Project, pin: &'a Pin) -> Self {
        Self { project, pin }
    }

    /// The content of the sources that the series apply to, as a git tree id.
    pub(crate) fn base_id(&self) -> Result<String> {
        base::id(self.project, self.pin)
    }

    /// Where a series is checked out.
    pub(crate) fn folder(&self, series: &[String]) -> PathBuf {
        match series.last() {
            Some(last) => self.project.target.join("tree").join(last),
            None => self.project.target.join("tree").join(base::BRANCH),
        }
    }

    /// How the series stands to its patches; changes nothing.
    pub(crate) fn state(&self, series: &[String]) -> Result<State> {
        if base::repository(self.project).exists() {
            base::check(self.project, self.pin)?;
        }
        self.local_work(series)
    }

    /// As [`Self::state`], whatever the sources are that the tree was made from.
    pub(crate) fn local_work(&self, series: &[String]) -> Result<State> {
        if !base::repository(self.project).exists() {
            return Ok(State::Behind);
        }
        let git = self.repository();
        let folder = self.folder(series);
        let mut state = match folder.exists() {
            true => State::Same,
            false => State::Behind,
        };
        // A folder without its branch is what a first series leaves that did not apply.
        let begun = git.commit(&head(branch_of(series)))?.is_none();
        if !begun && let Some(work) = self.work_in_progress(series)? {
            return Ok(State::Edited(work));
        }
        for level in levels(series) {
            if git.commit(&head(level.folder))?.is_none() {
                state = State::Behind;
                continue;
            }
            if !self.is_on_top(&level)? {
                return Ok(State::Edited(format!(
                    "branch {} is not on top of {}; rebase it",
                    level.folder, level.parent
                )));
            }
            let comparison = self.compare(&level)?;
            if !comparison.same && comparison.moved {
                return Ok(State::Edited(format!(
                    "branch {} has commits that are not exported",
                    level.folder
                )));
            }
            if !comparison.same {
                state = State::Behind;
            }
        }
        Ok(state)
    }

    /// What somebody left undone in the checked out series, if anything.
    pub(crate) fn work_in_progress(&self, series: &[String]) -> Result<Option<String>> {
        let folder = self.folder(series);
        match folder.exists() {
            true => in_progress(&Git::at(folder), branch_of(series)),
            false => Ok(None),
        }
    }

    fn is_on_top(&self, level: &Level) -> Result<bool> {
        let (below, above) = (head(level.parent), head(level.folder));
        self.repository()
            .is(&["merge-base", "--is-ancestor", &below, &above])
    }

    fn repository(&self) -> Git {
        Git::at(base::repository(self.project))
    }

    fn patches(&self, folder: &str) -> PathBuf {
        self.project.patches().join(folder)
    }

    /// The kernel tree that a folder of patches is for.
    fn target_of(&self, folder: &str) -> Result<&str> {
        self.pin
            .series
            .get(folder)
            .map(String::as_str)
            .with_context(|| {
                format!("patches/linux.yaml does not say under `series` which tree {folder} is for")
            })
    }

    fn compare(&self, level: &Level) -> Result<Comparison> {
        let git = self.repository();
        let patches = self.read_patches(level.folder)?;
        let tip = git.text(&["rev-parse", &head(level.folder)])?;
        let noted = self.noted(level.folder)?;
        if noted == Some((tip.clone(), series::sum(&patches))) {
            return Ok(Comparison {
                common: patches.len(),
                same: true,
                moved: false,
            });
        }
        let target = self.target_of(level.folder)?;
        let commits = series::export(&git, level.parent, level.folder, target)?;
        let pairs = commits.iter().zip(&patches);
        let common = pairs.take_while(|(a, b)| a.commits_the_same(b)).count();
        Ok(Comparison {
            common,
            same: common == commits.len() && common == patches.len(),
            moved: noted.is_none_or(|(commit, _)| commit != tip),
        })
    }

    /// The commit and the sum of the patches at which a branch and they were last the same.
    fn noted(&self, folder: &str) -> Result<Option<(String, String)>> {
        let value = self.repository().setting(&setting(folder))?;
        Ok(value.and_then(|value| {
            let (commit, sum) = value.split_once(' ')?;
            Some((commit.to_owned(), sum.to_owned()))
        }))
    }

    /// Notes that the branch and its patches are the same now.
    fn note(&self, folder: &str) -> Result<()> {
        let git = self.repository();
        let tip = git.text(&["rev-parse", &head(folder)])?;
        let sum = series::sum(&self.read_patches(folder)?);
        git.run(&["config", &setting(folder), &format!("{tip} {sum}")])
    }

    fn read_patches(&self, folder: &str) -> Result<Vec<Mail>> {
        let mut mails = series::read(&self.patches(folder))?;
        mails.retain(Mail::is_patch);
        Ok(mails)
    }
}

/// The full name of a branch, which no file of the tree can be mistaken for.
fn head(branch: &str) -> String {
    format!("refs/heads/{branch}")
}

fn setting(folder: &str) -> String {
    format!("exported.{folder}.at")
}

fn levels(series: &[String]) -> impl Iterator<Item = Level<'_>> {
    let parents = std::iter::once(base::BRANCH).chain(series.iter().map(String::as_str));
    series
        .iter()
        .zip(parents)
        .map(|(folder, parent)| Level { folder, parent })
}

fn branch_of(series: &[String]) -> &str {
    series.last().map_or(base::BRANCH, String::as_str)
}

/// What is under way in a work tree: a rebase, or changes that are not committed.
fn in_progress(git: &Git, branch: &str) -> Result<Option<String>> {
    let folder = git.dir().display();
    if git.branch()?.as_deref() != Some(branch) {
        return Ok(Some(format!("{folder} is not on branch {branch}")));
    }
    let files = git.uncommitted()?;
    Ok(files.first().map(|first| match files.len() {
        1 => format!("{folder} has an uncommitted change in {first}"),
        more => format!(
            "{folder} has uncommitted changes in {first} and {} more",
            more - 1
        ),
    }))
}
