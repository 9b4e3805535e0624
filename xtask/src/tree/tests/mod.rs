// SPDX-License-Identifier: MIT OR Apache-2.0

//! The work tree, tried on a kernel of four files.

mod export;
mod update;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::*;
use crate::project::scratch;
use crate::source::{Debian, KernelOrg};

const MAKEFILE: &str = "VERSION = 7\nPATCHLEVEL = 3\nSUBLEVEL = 4\n";

/// Who looks after Rust, and the list that hears of everything; the last argument is the patch.
const GET_MAINTAINER: &str = "#!/bin/sh
for patch; do :; done
grep -q '^+++ .*rs$' \"$patch\" && echo 'R. Ust <r@localhost> (maintainer:RUST)'
echo 'list@localhost (open list)'
";

/// A project with sources to make its tree from; the folder goes when this is dropped.
pub(crate) struct Fixture {
    _folder: tempfile::TempDir,
    pub(crate) project: Project,
    pub(crate) pin: Pin,
    source: PathBuf,
}

/// Twenty lines, so that hunks can be apart.
fn lines(change: &[(usize, &str)]) -> String {
    (1..=20)
        .map(
            |number| match change.iter().find(|(line, _)| *line == number) {
                Some((_, text)) => format!("{text}\n"),
                None => format!("line {number}\n"),
            },
        )
        .collect()
}

fn series() -> Vec<String> {
    vec!["fixes".to_owned(), "rust".to_owned()]
}

impl Fixture {
    fn new() -> Self {
        let (folder, project) = scratch();
        let source = folder.path().join("linux");
        fs::create_dir_all(source.join("drivers")).unwrap();
        fs::write(source.join("Makefile"), MAKEFILE).unwrap();
        fs::write(source.join("drivers/cn.c"), lines(&[])).unwrap();
        // As in the real tree, where a folder has the name of a branch.
        fs::create_dir_all(source.join("rust")).unwrap();
        fs::write(source.join("rust/lib.rs"), "").unwrap();
        let script = source.join("scripts/get_maintainer.pl");
        fs::create_dir_all(source.join("scripts")).unwrap();
        fs::write(&script, GET_MAINTAINER).unwrap();
        fs::set_permissions(&script, PermissionsExt::from_mode(0o755)).unwrap();
        for name in series() {
            fs::create_dir_all(project.patches().join(name)).unwrap();
        }
        let none = String::new;
        let pin = Pin {
            version: "7.3.4".to_owned(),
            tree: "0".repeat(40),
            debian: Debian {
                package: none(),
                version: none(),
                suite: none(),
                package_sha256: none(),
                tarball: none(),
                tarball_sha256: none(),
            },
            kernel_org: KernelOrg {
                tarball: none(),
                sums: none(),
                key: none(),
                fingerprint: none(),
            },
            series: [("fixes", "net"), ("rust", "net-next")]
                .map(|(name, tree)| (name.to_owned(), tree.to_owned()))
                .into(),
        };
        Self {
            _folder: folder,
            project,
            pin,
            source,
        }
    }

    fn tree(&self) -> Tree<'_> {
        Tree::new(&self.project, &self.pin)
    }

    fn update(&self) -> anyhow::Result<PathBuf> {
        self.tree().update(&series(), Some(&self.source))
    }

    /// A tree with a commit on each branch, exported.
    pub(crate) fn with_patches() -> Self {
        let fixture = Self::new();
        let rust = fixture.update().unwrap();
        let git = Git::at(&rust);
        // As a developer would who works on both: the lower branch first.
        git.run(&["switch", "--quiet", "fixes"]).unwrap();
        fixture.commit(
            &rust,
            "drivers/cn.c",
            &lines(&[(3, "fixed")]),
            "connector: Fix it",
        );
        git.run(&["switch", "--quiet", "rust"]).unwrap();
        git.run(&["rebase", "--quiet", "fixes"]).unwrap();
        fixture.commit(&rust, "drivers/cn.rs", "// rust\n", "connector: Add Rust");
        fixture.commit(
            &rust,
            "drivers/cn.rs",
            "// more rust\n",
            "connector: Add more",
        );
        fixture.tree().export(&series()).unwrap();
        fixture
    }

    fn commit(&self, folder: &Path, file: &str, content: &str, subject: &str) {
        fs::write(folder.join(file), content).unwrap();
        let git = Git::at(folder);
        git.run(&["add", "--all"]).unwrap();
        let mut commit = git.command(&["commit", "--quiet", "--message", subject]);
        commit
            .env("GIT_AUTHOR_NAME", "A. Uthor")
            .env("GIT_AUTHOR_EMAIL", "author@localhost")
            .env("GIT_AUTHOR_DATE", "2026-02-03T04:05:06Z");
        crate::process::capture(&mut commit).unwrap();
    }

    fn patch(&self, name: &str) -> PathBuf {
        self.project.patches().join(name)
    }

    /// Another checkout with the same patches and no tree.
    fn clone_patches(&self) -> Self {
        let other = Self::new();
        for name in series() {
            for mail in series::read(&self.patch(&name)).unwrap() {
                fs::write(other.patch(&name).join(mail.name), mail.text).unwrap();
            }
        }
        other
    }
}
