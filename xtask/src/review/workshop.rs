// SPDX-License-Identifier: MIT OR Apache-2.0

//! Builds of what is reviewed, in object folders of their own, one commit after the other.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::time::SystemTime;

use anyhow::{Context, Result};

use super::subject::Subject;
use super::warnings::{Reader, Warning};
use crate::config;
use crate::flavor::Flavor;
use crate::make::Make;
use crate::stage::Stage;
use crate::toolchain::Toolchain;

/// An object folder for what is checked out in the subject's tree.
pub(crate) struct Workshop<'a> {
    subject: &'a Subject,
    flavor: Flavor,
    toolchain: Toolchain,
    objects: PathBuf,
    log: PathBuf,
}

impl<'a> Workshop<'a> {
    /// The one with the configuration of `flavor`.
    pub(crate) fn open(subject: &'a Subject, flavor: &str) -> Result<Self> {
        let project = &subject.project;
        let objects = project
            .target
            .join("objects")
            .join(format!("trial-{flavor}"));
        fs::create_dir_all(&objects)
            .with_context(|| format!("cannot make {}", objects.display()))?;
        Ok(Self {
            subject,
            flavor: Flavor::named(project, flavor)?,
            toolchain: Toolchain::find(project)?,
            objects,
            log: project.log(&format!("{flavor}.log"))?,
        })
    }

    /// The compilers.
    pub(crate) fn toolchain(&self) -> &Toolchain {
        &self.toolchain
    }

    /// Checks `commit` out and makes `targets` of it; gives the warnings of what was compiled.
    pub(crate) fn make(&self, commit: &str, targets: &[&str]) -> Result<BTreeSet<Warning>> {
        let git = &self.subject.git;
        git.run(&["checkout", "--quiet", "--force", "--detach", commit])?;
        let make = Make {
            arch: self.flavor.arch,
            toolchain: &self.toolchain,
            tree: git.dir(),
            objects: &self.objects,
            log: &self.log,
        };
        config::write_known(&make, &self.flavor)?;
        let title = git.text(&["log", "-1", "--format=%s", commit])?;
        let mut stage = Stage::start(format!("{}: {title}", self.flavor.name));
        let mut reader = Reader::default();
        make.run_reading(targets, &mut stage, |line| reader.read(line, git.dir()))?;
        stage.done(targets.join(" "));
        Ok(reader.finish())
    }

    /// Lets what the series touch be compiled anew, so that its warnings are seen again.
    pub(crate) fn touch(&self, commit: &str) -> Result<()> {
        let git = &self.subject.git;
        git.run(&["checkout", "--quiet", "--force", "--detach", commit])?;
        for path in self.subject.touched() {
            let path = git.dir().join(path);
            if path.is_file() {
                fs::File::options()
                    .append(true)
                    .open(&path)
                    .and_then(|file| file.set_modified(SystemTime::now()))
                    .with_context(|| format!("cannot touch {}", path.display()))?;
            }
        }
        Ok(())
    }
}
