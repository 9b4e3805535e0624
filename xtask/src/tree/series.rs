// SPDX-License-Identifier: MIT OR Apache-2.0

//! A folder of patches: as files in `patches/`, and as what its branch would be exported to.

use std::path::Path;
use std::sync::LazyLock;

use anyhow::{Context, Result};
use regex::Regex;
use sha2::{Digest, Sha256};

use crate::git::Git;
use crate::process;
use crate::source::checksum;

/// The prose of a series' cover letter, the one file of a series that is written by hand: its
/// first line is the subject.
pub(crate) const COVER: &str = "cover-letter.txt";

/// What `git format-patch` calls the cover letter that is made of it; it is no patch.
pub(crate) const COVER_PATCH: &str = "0000-cover-letter.patch";

/// So that the same commits give the same bytes in every clone: no commit id, no version of git,
/// and blob ids of one length.
const REPRODUCIBLE: [&str; 5] = [
    "--zero-commit",
    "--no-signature",
    "--no-thread",
    "--abbrev=12",
    "--no-color",
];

/// One mail of a series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mail {
    /// The file name: `0001-what-it-does.patch`.
    pub(crate) name: String,
    /// The whole file.
    pub(crate) text: String,
}

impl Mail {
    /// Whether it carries a change, unlike the cover letter.
    pub(crate) fn is_patch(&self) -> bool {
        self.name != COVER_PATCH
    }

    /// Whether both make the same commit; the place in the series (`[PATCH 2/5]`) does not count.
    pub(crate) fn commits_the_same(&self, other: &Self) -> bool {
        static SUBJECT: LazyLock<Option<Regex>> =
            LazyLock::new(|| Regex::new(r"(?m)^Subject: \[PATCH[^\]]*\]").ok());
        let plain = |mail: &Self| match SUBJECT.as_ref() {
            Some(subject) => subject.replace(&mail.text, "Subject:").into_owned(),
            None => mail.text.clone(),
        };
        plain(self) == plain(other)
    }
}

/// The mails of a folder, in their order.
pub(crate) fn read(folder: &Path) -> Result<Vec<Mail>> {
    let cannot = || format!("cannot read the patches in {}", folder.display());
    let mut mails = Vec::new();
    for entry in folder.read_dir().with_context(cannot)? {
        let path = entry.with_context(cannot)?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "patch")
        {
            let name = path.file_name().unwrap_or_default();
            mails.push(Mail {
                name: name.to_string_lossy().into_owned(),
                text: std::fs::read_to_string(&path).with_context(cannot)?,
            });
        }
    }
    mails.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(mails)
}

/// A sum over the text of all of `mails`.
pub(crate) fn sum(mails: &[Mail]) -> String {
    let mut hash = Sha256::new();
    for mail in mails {
        // The length keeps apart what would else read the same when put together.
        hash.update(format!("{}\n{}", mail.text.len(), mail.text));
    }
    checksum::hex(&hash.finalize())
}

/// Makes the mails in `folder` be `mails`; gives the names of those written or removed.
pub(crate) fn write(folder: &Path, mails: &[Mail]) -> Result<Vec<String>> {
    let mut changed = Vec::new();
    let old = read(folder)?;
    for gone in old
        .iter()
        .filter(|o| mails.iter().all(|m| m.name != o.name))
    {
        let path = folder.join(&gone.name);
        std::fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        changed.push(format!("removed {}", gone.name));
    }
    for mail in mails.iter().filter(|mail| !old.contains(mail)) {
        let path = folder.join(&mail.name);
        std::fs::write(&path, &mail.text)
            .with_context(|| format!("cannot write {}", path.display()))?;
        changed.push(format!("wrote {}", mail.name));
    }
    Ok(changed)
}

/// What the commits `parent..tip` are mailed as, for the kernel's tree `target` (`net-next`).
pub(crate) fn export(git: &Git, parent: &str, tip: &str, target: &str) -> Result<Vec<Mail>> {
    format_patch(git, &[], parent, tip, target)
}

/// As [`export`], with the cover letter that `folder` has the prose of, if any; `branch` must be
/// the name of a branch.
pub(crate) fn export_with_cover(
    git: &Git,
    parent: &str,
    branch: &str,
    target: &str,
    folder: &Path,
) -> Result<Vec<Mail>> {
    let Ok(prose) = std::fs::read_to_string(folder.join(COVER)) else {
        return export(git, parent, branch, target);
    };
    let description = format!("branch.{branch}.description={prose}");
    format_patch(git, &["-c", &description], parent, branch, target)
}

fn format_patch(
    git: &Git,
    options: &[&str],
    parent: &str,
    tip: &str,
    target: &str,
) -> Result<Vec<Mail>> {
    let range = format!("{parent}..{tip}");
    if git.text(&["rev-list", "--count", &range])? == "0" {
        return Ok(Vec::new());
    }
    let out = tempfile::tempdir().context("cannot make a temporary folder")?;
    let mut command = git.command(options);
    // A cover letter is else of now and from the committer: make both those of the last patch.
    for (variable, format) in AUTHOR {
        command.env(variable, git.text(&["log", "-1", format, tip, "--"])?);
    }
    command
        .args([
            "format-patch",
            "--quiet",
            "--cover-from-description=subject",
            "-o",
        ])
        .arg(out.path())
        .arg(format!("--subject-prefix=PATCH {target}"))
        .args(REPRODUCIBLE)
        .arg(if options.is_empty() {
            "--no-cover-letter"
        } else {
            "--cover-letter"
        })
        .arg(range);
    process::capture(&mut command).context("cannot export the series")?;
    read(out.path())
}

/// The author of a commit, told to git as the committer.
const AUTHOR: [(&str, &str); 3] = [
    ("GIT_COMMITTER_NAME", "--format=%an"),
    ("GIT_COMMITTER_EMAIL", "--format=%ae"),
    ("GIT_COMMITTER_DATE", "--format=%aI"),
];
