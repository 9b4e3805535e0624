// SPDX-License-Identifier: MIT OR Apache-2.0

//! `cargo xtask clean`: frees the disk of what can be made or fetched again.

use anyhow::{Result, bail};
use clap::Args;

use crate::cache::{self, Cache};
use crate::flavor::Flavor;
use crate::lock::Lock;
use crate::project::Project;
use crate::source::Pin;
use crate::tree::{State, Tree};

/// Options of `clean`.
#[derive(Args)]
pub(crate) struct Options {
    /// Also remove the modules and kernels that this checkout has built for itself
    #[arg(long)]
    objects: bool,
    /// Also remove those and this checkout's work tree, if all work in it is exported
    #[arg(long)]
    tree: bool,
}

/// Folders of a checkout beside its work tree, under `target/`. `cargo xtask review` builds in the
/// first.
const BUILT: [&str; 4] = ["objects", "modules", "devel", "kernels"];

/// Clears the cache, and what of this checkout is asked for.
pub(crate) fn run(project: &Project, options: &Options) -> Result<()> {
    let _lock = Lock::wait(&project.target)?;
    let _building = Lock::of_builds(&project.cache)?;
    if options.tree {
        refuse_unexported(project)?;
    }
    say(
        &project.cache.display(),
        Cache::of_kernels(project)?.clear()?,
    );
    let tree = options.tree.then_some("tree");
    let built = BUILT
        .into_iter()
        .filter(|_| options.objects || options.tree);
    for folder in built.chain(tree).map(|name| project.target.join(name)) {
        let freed = cache::size(&folder)?;
        cache::remove(&folder)?;
        say(&folder.display(), freed);
    }
    Ok(())
}

fn refuse_unexported(project: &Project) -> Result<()> {
    let pin = Pin::load(project)?;
    let tree = Tree::new(project, &pin);
    for flavor in Flavor::all(project)? {
        if let State::Edited(work) = tree.local_work(&flavor.series)? {
            bail!("{work}; export it with `cargo xtask refresh`, or undo it");
        }
    }
    Ok(())
}

fn say(what: &dyn std::fmt::Display, freed: u64) {
    println!("{what}: {} MB freed", freed / 1_000_000);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::scratch;
    use std::fs;

    #[test]
    fn only_what_is_asked_for_is_removed() {
        let (_folder, project) = scratch();
        let file = |path: std::path::PathBuf| {
            fs::create_dir_all(&path).unwrap();
            fs::write(path.join("file"), "x").unwrap();
            path
        };
        let kernels = file(project.cache.join("kernels/rust-0"));
        let objects = file(project.target.join("objects/rust"));
        let tree = file(project.target.join("tree/rust"));
        let mut options = Options {
            objects: false,
            tree: false,
        };
        run(&project, &options).unwrap();
        assert!(!kernels.exists() && objects.exists() && tree.exists());
        options.objects = true;
        run(&project, &options).unwrap();
        assert!(!objects.exists() && tree.exists());
    }
}
