// SPDX-License-Identifier: MIT OR Apache-2.0

//! Finished kernels: taken from the cache, or built.

mod artifact;
mod builder;
mod devel;
pub(crate) mod from_nothing;
mod key;
pub(crate) mod misuse;
mod modules;
mod sizes;
mod workplace;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::lock::Lock;
use crate::process;
use crate::project::Project;
use builder::{Builder, say_uncached};

pub(crate) use sizes::Sizes;
pub(crate) use workplace::Workplace;

/// A kernel that is ready to boot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kernel {
    /// Holds `image`, `config`, `System.map`, `Module.symvers`, `modules/*.ko` of the tree,
    /// `programs/*`, `sizes` and `info`.
    pub(crate) dir: PathBuf,
    /// Holds the test modules, `*.ko`.
    pub(crate) modules: PathBuf,
    /// The flavor that it is a build of.
    pub(crate) flavor: String,
    /// The name under which it is kept in the cache; none if it has in it what is not exported.
    pub(crate) key: Option<String>,
}

impl Kernel {
    /// The sizes of the connector's objects in it.
    pub(crate) fn sizes(&self) -> Result<Sizes> {
        let path = self.dir.join("sizes");
        let cannot = || format!("cannot read {}", path.display());
        let text = fs::read_to_string(&path).with_context(cannot)?;
        text.parse().with_context(cannot)
    }

    /// A module of the tree or a test module, if there is one of that file name.
    pub(crate) fn module(&self, file: &str) -> Option<PathBuf> {
        let folders = [self.dir.join("modules"), self.modules.clone()];
        let paths = folders.iter().map(|folder| folder.join(file));
        paths.into_iter().find(|path| path.is_file())
    }
}

/// The kernel of a flavor with its test modules, from the cache or built as far as needed.
pub(crate) fn ensure(project: &Project, flavor: &str) -> Result<Kernel> {
    ensure_from(project, flavor, None)
}

/// As [`ensure()`]; a tree that is not there yet is made from `source`, if that is given.
pub(crate) fn ensure_from(
    project: &Project,
    flavor: &str,
    source: Option<&Path>,
) -> Result<Kernel> {
    let builder = Builder::new(project, flavor)?;
    let _lock = Lock::wait(&project.target)?;
    let image = builder.image(source)?;
    let modules = builder.stage(&image, &modules::sources(project), modules::build)?;
    Ok(Kernel {
        dir: image.dir,
        modules,
        flavor: builder.flavor.name,
        key: image.key,
    })
}

/// The compiler's words on the files that it must refuse, compiled for the kernel of a flavor.
pub(crate) fn misuse(project: &Project, flavor: &str) -> Result<String> {
    let builder = Builder::new(project, flavor)?;
    let _lock = Lock::wait(&project.target)?;
    let image = builder.image(None)?;
    let folder = builder.stage(&image, &misuse::sources(project), misuse::compile)?;
    misuse::read(&folder)
}

/// The object folder of a flavor, built as far as needed. Another flavor of its class is built in
/// the same folder.
pub(crate) fn objects(project: &Project, flavor: &str, source: Option<&Path>) -> Result<PathBuf> {
    let builder = Builder::new(project, flavor)?;
    let _lock = Lock::wait(&project.target)?;
    let tree = builder.tree();
    if let Some(work) = builder.edited(&tree)? {
        say_uncached(&builder.flavor, &work);
    } else {
        tree.prepare(&builder.flavor.series, source)?;
    }
    let id = builder.id(&tree)?;
    let _building = Lock::of_builds(&project.cache)?;
    let workplace = builder.workplace();
    match workplace.holds(&id) {
        // A flavor of another class may have switched the tree.
        true => tree.check_out(&builder.flavor.series, &workplace.tree)?,
        false => builder.build(&tree, &id)?,
    }
    Ok(workplace.objects)
}

/// The `make` that builds in the object folder of a flavor, as one would type it.
pub(crate) fn make_command(project: &Project, flavor: &str) -> Result<String> {
    let builder = Builder::new(project, flavor)?;
    let workplace = builder.workplace();
    let make = builder.make(&workplace.tree, &workplace.objects);
    Ok(process::shown(&make.command()))
}
