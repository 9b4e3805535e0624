// SPDX-License-Identifier: MIT OR Apache-2.0

//! `cargo xtask tree` and `cargo xtask refresh`: patches into commits, and commits into patches.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use crate::doctor::{self, Need, Permission};
use crate::flavor::Flavor;
use crate::lock::Lock;
use crate::project::Project;
use crate::source::{self, Pin};
use crate::tree::Tree;

/// What `tree` is told.
#[derive(Args)]
pub(crate) struct TreeOptions {
    /// The flavor whose series is checked out
    #[arg(long, value_name = "NAME", default_value = "rust")]
    flavor: String,
    /// A tarball or folder of the kernel's sources, in place of the pinned ones
    #[arg(long, value_name = "PATH")]
    source: Option<PathBuf>,
}

/// What `refresh` is told.
#[derive(Args)]
pub(crate) struct RefreshOptions {
    /// The flavor whose series is exported
    #[arg(long, value_name = "NAME", default_value = "rust")]
    flavor: String,
}

/// Makes the work tree of a flavor, or brings it up to date with its patches.
pub(crate) fn update(project: &Project, options: &TreeOptions) -> Result<()> {
    let flavor = Flavor::named(project, &options.flavor)?;
    let pin = Pin::load(project)?;
    doctor::require(project, &[Need::Tree], Permission::default())?;
    let _lock = Lock::wait(&project.target)?;
    let source = source::given(options.source.as_ref())?;
    let folder = Tree::new(project, &pin).update(&flavor.series, source.as_deref())?;
    println!("{}", folder.display());
    Ok(())
}

/// Exports the commits of a flavor's series into `patches/`.
pub(crate) fn refresh(project: &Project, options: &RefreshOptions) -> Result<()> {
    let flavor = Flavor::named(project, &options.flavor)?;
    let pin = Pin::load(project)?;
    let _lock = Lock::wait(&project.target)?;
    let tree = Tree::new(project, &pin);
    let changed = tree.export(&flavor.series)?;
    for line in &changed {
        println!("{line}");
    }
    if changed.is_empty() {
        println!("the patches are those of the tree already");
    }
    if let Some(work) = tree.work_in_progress(&flavor.series)? {
        eprintln!("       … only commits are exported: {work}");
    }
    Ok(())
}
