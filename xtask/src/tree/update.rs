// SPDX-License-Identifier: MIT OR Apache-2.0

//! From `patches/` to the branches.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::{Level, State, Tree, base, branch_of, head, in_progress, levels};
use crate::git::Git;
use crate::stage::Stage;

/// Branches that were made anew, each with its tip.
type Made<'s> = Vec<(&'s str, String)>;

impl Tree<'_> {
    /// Makes the series be checked out and the same as its patches; gives its folder.
    ///
    /// `source` is where the sources come from if they are not the pinned ones. Refuses to throw
    /// away what nobody exported.
    pub(crate) fn update(&self, series: &[String], source: Option<&Path>) -> Result<PathBuf> {
        base::ensure(self.project, self.pin, source)?;
        let folder = self.folder(series);
        match self.state(series)? {
            State::Same => {}
            State::Behind => self.apply(series)?,
            State::Edited(work) => bail!(
                "{work}; `cargo xtask refresh` exports commits into patches/, \
                 `git -C {} status` shows the rest",
                folder.display()
            ),
        }
        Ok(folder)
    }

    /// Applies what of the series is not in its branches yet, from the first patch on that differs.
    fn apply(&self, series: &[String]) -> Result<()> {
        let stage = Stage::start(format!("tree: apply {}", branch_of(series)));
        self.refuse_work_in_other_folders(series)?;
        let (start, rest) = self.first_difference(series)?;
        let git = self.checkout(series, &start)?;
        let made = match self.apply_levels(&git, rest) {
            Ok(made) => made,
            Err(error) => {
                // Back to where it was, if it was anywhere.
                if git.commit(&head(branch_of(series)))?.is_some() {
                    git.run(&["checkout", "--quiet", branch_of(series)])?;
                }
                return Err(error);
            }
        };
        self.move_branches(series, &git, &made)?;
        let patches: Result<Vec<_>> = series
            .iter()
            .map(|folder| self.read_patches(folder))
            .collect();
        stage.done(format!("{} patches", patches?.concat().len()));
        Ok(())
    }

    /// The commit from which on the branches and the patches differ, and what is to be applied
    /// there: for each level the number of patches that its branch has already.
    fn first_difference<'s>(
        &self,
        series: &'s [String],
    ) -> Result<(String, Vec<(Level<'s>, usize)>)> {
        let git = self.repository();
        let mut start = git.text(&["rev-parse", base::BRANCH])?;
        let mut rest = Vec::new();
        for level in levels(series) {
            let tip = git.commit(&head(level.folder))?;
            let known = match tip {
                Some(tip) if rest.is_empty() => Some((tip, self.compare(&level)?)),
                _ => None,
            };
            match known {
                Some((tip, comparison)) if comparison.same => start = tip,
                Some((_, comparison)) => {
                    let range = format!("{}..{}", level.parent, level.folder);
                    let commits = git.text(&["rev-list", "--reverse", &range])?;
                    if let Some(last) = commits.lines().take(comparison.common).last() {
                        start = last.to_owned();
                    }
                    rest.push((level, comparison.common));
                }
                None => rest.push((level, 0)),
            }
        }
        Ok((start, rest))
    }

    /// Checks `start` out, on no branch, in the folder of the series.
    fn checkout(&self, series: &[String], start: &str) -> Result<Git> {
        let folder = self.folder(series);
        let git = Git::at(&folder);
        if folder.exists() {
            git.run(&["checkout", "--quiet", "--detach", start])?;
        } else {
            let path = folder.to_string_lossy();
            let repository = self.repository();
            repository.run(&["worktree", "prune"])?;
            let workers = ["-c", "checkout.workers=0"];
            let add = ["worktree", "add", "--quiet", "--detach", &path, start];
            repository.run(&[workers.as_slice(), &add].concat())?;
        }
        Ok(git)
    }

    fn apply_levels<'s>(&self, git: &Git, rest: Vec<(Level<'s>, usize)>) -> Result<Made<'s>> {
        let mut made = Vec::new();
        for (level, done) in rest {
            let folder = self.patches(level.folder);
            let paths: Vec<PathBuf> = self
                .read_patches(level.folder)?
                .into_iter()
                .skip(done)
                .map(|mail| folder.join(mail.name))
                .collect();
            super::apply::apply(git, &paths)?;
            made.push((level.folder, git.text(&["rev-parse", "HEAD"])?));
        }
        Ok(made)
    }

    /// Lets each branch be what was made, also where it is checked out in a folder of its own.
    fn move_branches(&self, series: &[String], git: &Git, made: &Made) -> Result<()> {
        for (folder, tip) in made {
            let own = self.project.target.join("tree").join(folder);
            if *folder != branch_of(series) && own.exists() {
                Git::at(own).run(&["reset", "--quiet", "--hard", tip])?;
            } else if *folder != branch_of(series) {
                git.run(&["update-ref", &head(folder), tip])?;
            }
        }
        match series.last() {
            Some(branch) => git.run(&["checkout", "--quiet", "-B", branch])?,
            None => git.run(&["checkout", "--quiet", base::BRANCH])?,
        }
        series.iter().try_for_each(|folder| self.note(folder))
    }

    /// The folders of lower branches are reset when those branches move.
    fn refuse_work_in_other_folders(&self, series: &[String]) -> Result<()> {
        for folder in series.iter().rev().skip(1) {
            let own = self.project.target.join("tree").join(folder);
            if own.exists()
                && let Some(work) = in_progress(&Git::at(own), folder)?
            {
                bail!("{work}, and the branch would move; commit or undo that first");
            }
        }
        Ok(())
    }
}
