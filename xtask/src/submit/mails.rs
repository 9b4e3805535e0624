// SPDX-License-Identifier: MIT OR Apache-2.0

//! Makes the mails.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::previous;
use super::recipients::Recipients;
use super::sender::Sender;
use crate::cache;
use crate::git::Git;
use crate::process;
use crate::project::Project;
use crate::review::patch::Patch;
use crate::source::Pin;
use crate::tree::{self, COVER, Mail, Tree};

/// A branch of the work tree that is there only while mails are made: git format-patch takes the
/// cover letter from what a branch is said to be.
const BRANCH: &str = "xtask-submit";

/// What is to be made.
pub(crate) struct Mails<'a> {
    /// Whose series it is.
    pub(crate) project: &'a Project,
    /// What the series apply to, and which tree they are for.
    pub(crate) pin: &'a Pin,
    /// Who sends them.
    pub(crate) sender: &'a Sender,
    /// The series that this one builds on.
    pub(crate) below: &'a [String],
    /// The folder of patches that is sent.
    pub(crate) series: &'a str,
    /// Which attempt it is.
    pub(crate) reroll: u32,
    /// The commit of the kernel's own repository that stands for the sources here.
    pub(crate) base: Option<&'a str>,
    /// The revision of the project that was sent before.
    pub(crate) previous: Option<&'a str>,
    /// Where they go; what is there is removed.
    pub(crate) out: PathBuf,
}

/// A mail that is ready to go out.
pub(crate) struct Letter {
    /// The file.
    pub(crate) path: PathBuf,
    /// With what stands in brackets before it.
    pub(crate) subject: String,
    /// To whom it goes.
    pub(crate) recipients: Recipients,
}

impl Mails<'_> {
    /// Makes them: the cover letter first.
    pub(crate) fn make(&self) -> Result<Vec<Letter>> {
        let old = match self.previous {
            Some(revision) => Some(self.previous_tip(revision)?),
            None => None,
        };
        let git = Tree::new(self.project, self.pin).trial()?;
        let base = git.text(&["rev-parse", "HEAD"])?;
        for folder in self.below {
            self.apply(&git, self.project, folder)?;
        }
        let start = git.text(&["rev-parse", "HEAD"])?;
        self.apply(&git, self.project, self.series)?;
        git.run(&["branch", "--force", BRANCH, "HEAD"])?;
        cache::remove(&self.out)?;
        fs::create_dir_all(&self.out)
            .with_context(|| format!("cannot make {}", self.out.display()))?;
        let made = self.format(&git, &base, &start, old.as_deref());
        git.run(&["branch", "--quiet", "-D", BRANCH])?;
        made?;
        self.address(&git, &base)
    }

    /// The commits of the series at another revision, as a range.
    fn previous_tip(&self, revision: &str) -> Result<String> {
        let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
        let project = previous::checkout(self.project, revision, folder.path())?;
        let pin = Pin::load(&project)?;
        let git = Tree::new(self.project, self.pin).trial()?;
        for below in self
            .below
            .iter()
            .filter(|name| pin.series.contains_key(*name))
        {
            self.apply(&git, &project, below)?;
        }
        let start = git.text(&["rev-parse", "HEAD"])?;
        self.apply(&git, &project, self.series)
            .with_context(|| format!("the series of {revision}"))?;
        Ok(format!("{start}..{}", git.text(&["rev-parse", "HEAD"])?))
    }

    /// Applies a series as its sender's, who signs off.
    fn apply(&self, git: &Git, project: &Project, folder: &str) -> Result<()> {
        let patches = project.patches().join(folder);
        let scratch = tempfile::tempdir().context("cannot make a temporary folder")?;
        let mut paths = Vec::new();
        for mail in tree::read(&patches)?.into_iter().filter(Mail::is_patch) {
            let path = scratch.path().join(&mail.name);
            fs::write(&path, self.sender.author(&mail.text))
                .with_context(|| format!("cannot write {}", path.display()))?;
            paths.push(path);
        }
        let mut command = git.command(&["am", "--quiet", "--signoff"]);
        command.envs(self.sender.environment()).args(&paths);
        process::capture(&mut command).with_context(|| {
            format!("patches/{folder} does not apply; see `cargo xtask review`")
        })?;
        Ok(())
    }

    fn format(&self, git: &Git, base: &str, start: &str, old: Option<&str>) -> Result<()> {
        let target = self.pin.series.get(self.series).with_context(|| {
            format!(
                "patches/linux.yaml does not say which tree {} is for",
                self.series
            )
        })?;
        let prose = self.project.patches().join(self.series).join(COVER);
        let prose = fs::read_to_string(&prose)
            .with_context(|| format!("no cover letter; write {}", prose.display()))?;
        let description = format!("branch.{BRANCH}.description={prose}");
        let mut command = git.command(&["-c", &description, "format-patch", "--quiet"]);
        command
            .envs(self.sender.environment())
            .args([
                "--cover-letter",
                "--cover-from-description=subject",
                "--thread=shallow",
            ])
            .arg(format!("--subject-prefix=PATCH {target}"))
            .arg(format!("--base={base}"))
            .arg("-o")
            .arg(&self.out);
        if self.reroll > 1 {
            command.arg(format!("--reroll-count={}", self.reroll));
        }
        if let Some(old) = old {
            command.arg(format!("--range-diff={old}"));
        }
        command.arg(format!("{start}..{BRANCH}"));
        process::capture(&mut command).context("cannot make the mails")?;
        Ok(())
    }

    /// Writes into each mail to whom it goes, and the base that others know.
    fn address(&self, git: &Git, base: &str) -> Result<Vec<Letter>> {
        let mut paths: Vec<PathBuf> = fs::read_dir(&self.out)
            .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect())
            .with_context(|| format!("cannot read {}", self.out.display()))?;
        paths.sort();
        let mut everybody = Recipients::default();
        // The cover letter concerns nobody by itself, and goes to all.
        let mut all = vec![Recipients::default()];
        for path in paths.iter().skip(1) {
            let recipients = Recipients::of(git, path)?;
            everybody.extend(&recipients);
            all.push(recipients);
        }
        for recipients in &mut all {
            recipients.or_those_of(&everybody);
        }
        let both = paths.into_iter().zip(all);
        both.map(|(path, recipients)| self.complete(path, recipients, base))
            .collect()
    }

    fn complete(&self, path: PathBuf, recipients: Recipients, base: &str) -> Result<Letter> {
        let text = read(&path)?;
        let (head, body) = text
            .split_once("\n\n")
            .with_context(|| format!("{} has no body", path.display()))?;
        let body = match self.base {
            Some(public) => body.replace(
                &format!("base-commit: {base}"),
                &format!("base-commit: {public}"),
            ),
            None => body.to_owned(),
        };
        let text = format!("{head}\n{}\n{body}", recipients.headers());
        fs::write(&path, &text).with_context(|| format!("cannot write {}", path.display()))?;
        let patch = Patch::parse(path.clone(), &text);
        Ok(Letter {
            path,
            subject: format!("[{}] {}", patch.tag, patch.subject),
            recipients,
        })
    }
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

#[cfg(test)]
mod tests;
