// SPDX-License-Identifier: MIT OR Apache-2.0

//! From the branches back to `patches/`.

use anyhow::{Result, bail};

use super::{Level, Tree, base, head, levels, series};

impl Tree<'_> {
    /// Writes the commits of each branch of the series into its folder of `patches/`; gives what
    /// changed, a line a file. Twice in a row, it changes nothing the second time.
    pub(crate) fn export(&self, series: &[String]) -> Result<Vec<String>> {
        // All is looked at before anything is written: the marks of the branches go together.
        for level in levels(series) {
            self.refuse_unfit_branch(&level)?;
            self.refuse_unseen_patches(&level)?;
        }
        let git = self.repository();
        let mut changed = Vec::new();
        for Level { folder, parent } in levels(series) {
            let mails = series::export_with_cover(
                &git,
                parent,
                folder,
                self.target_of(folder)?,
                &self.patches(folder),
            )?;
            for line in series::write(&self.patches(folder), &mails)? {
                changed.push(format!("patches/{folder}: {line}"));
            }
            self.note(folder)?;
        }
        Ok(changed)
    }

    fn refuse_unfit_branch(&self, level: &Level) -> Result<()> {
        let Level { folder, parent } = level;
        let there = base::repository(self.project).exists();
        if !there || self.repository().commit(&head(folder))?.is_none() {
            bail!("there is no branch {folder} to export; `cargo xtask tree` makes it");
        }
        if !self.is_on_top(level)? {
            bail!("branch {folder} is not on top of {parent}; rebase it");
        }
        Ok(())
    }

    /// An error if the patches are neither what the branch was last made from or exported to, nor
    /// what it is now: somebody else's change would be overwritten.
    fn refuse_unseen_patches(&self, level: &Level) -> Result<()> {
        let patches = self.read_patches(level.folder)?;
        if patches.is_empty() || self.compare(level)?.same {
            return Ok(());
        }
        let seen = self.noted(level.folder)?.map(|(_, sum)| sum);
        if seen != Some(series::sum(&patches)) {
            bail!(
                "patches/{0} has changed since branch {0} was made from it, and would be \
                 overwritten; bring the change into the branch, or move the patches away",
                level.folder
            );
        }
        Ok(())
    }
}
