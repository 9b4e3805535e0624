// SPDX-License-Identifier: MIT OR Apache-2.0

//! Finished kernels: taken from the cache, or built.

mod artifact;
mod key;
pub(crate) mod misuse;
mod modules;
mod seed;
mod sizes;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::cache::{self, Cache};
use crate::config;
use crate::flavor::Flavor;
use crate::lock::Lock;
use crate::make::Make;
use crate::process;
use crate::project::Project;
use crate::source::Pin;
use crate::stage::Stage;
use crate::toolchain::Toolchain;
use crate::tree::{State, Tree};

pub(crate) use sizes::Sizes;

/// A kernel that is ready to boot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kernel {
    /// Holds `image`, `config`, `System.map`, `Module.symvers`, `modules/*.ko`, `programs/*`,
    /// `sizes` and `info`; that of [`misuse::FLAVOR`] also `misuse`.
    pub(crate) dir: PathBuf,
    /// What it is a build of.
    pub(crate) flavor: String,
    /// What it is kept under in the cache; nothing if it has in it what is not exported.
    pub(crate) key: Option<String>,
}

impl Kernel {
    /// How large the connector is in it.
    pub(crate) fn sizes(&self) -> Result<Sizes> {
        let path = self.dir.join("sizes");
        let cannot = || format!("cannot read {}", path.display());
        let text = fs::read_to_string(&path).with_context(cannot)?;
        text.parse().with_context(cannot)
    }
}

/// The kernel of a flavor, from the cache or built as far as needed.
pub(crate) fn ensure(project: &Project, flavor: &str) -> Result<Kernel> {
    ensure_from(project, flavor, None)
}

/// As [`ensure()`]; if the tree is not there yet, it is made from `source`, if that is something.
pub(crate) fn ensure_from(
    project: &Project,
    flavor: &str,
    source: Option<&Path>,
) -> Result<Kernel> {
    Builder::new(project, flavor)?.kernel(source)
}

/// The object folder of a flavor, built as far as needed; the cache has none.
pub(crate) fn objects(project: &Project, flavor: &str, source: Option<&Path>) -> Result<PathBuf> {
    let builder = Builder::new(project, flavor)?;
    let _lock = Lock::wait(&project.target)?;
    let tree = builder.tree();
    if let Some(work) = builder.edited(&tree)? {
        say_uncached(&builder.flavor, &work);
    } else {
        tree.update(&builder.flavor.series, source)?;
    }
    builder.build(&tree.folder(&builder.flavor.series), None)
}

/// The `make` that builds in the object folder of a flavor, as one would type it.
pub(crate) fn make_command(project: &Project, flavor: &str) -> Result<String> {
    let builder = Builder::new(project, flavor)?;
    let make = Make {
        arch: builder.flavor.arch,
        toolchain: &builder.toolchain,
        tree: &builder.tree().folder(&builder.flavor.series),
        objects: &builder.objects(),
        log: &project.log(&format!("kernel-{flavor}.log"))?,
    };
    Ok(process::shown(&make.command()))
}

/// What a kernel is built from and with.
struct Builder<'a> {
    project: &'a Project,
    pin: Pin,
    flavor: Flavor,
    toolchain: Toolchain,
}

impl<'a> Builder<'a> {
    fn new(project: &'a Project, flavor: &str) -> Result<Self> {
        Ok(Self {
            project,
            pin: Pin::load(project)?,
            flavor: Flavor::named(project, flavor)?,
            toolchain: Toolchain::find(project)?,
        })
    }

    fn tree(&self) -> Tree<'_> {
        Tree::new(self.project, &self.pin)
    }

    fn objects(&self) -> PathBuf {
        let name = &self.flavor.name;
        self.project.target.join("objects").join(name)
    }

    fn kernel(&self, source: Option<&Path>) -> Result<Kernel> {
        let _lock = Lock::wait(&self.project.target)?;
        let tree = self.tree();
        let series = &self.flavor.series;
        if let Some(work) = self.edited(&tree)? {
            say_uncached(&self.flavor, &work);
            return self.build_uncached(&tree.folder(series));
        }
        // A kernel that is kept needs no tree, unless other sources are asked for.
        if source.is_none()
            && let Some(kernel) = self.kept(&self.key(&tree)?)?
        {
            return Ok(kernel);
        }
        let folder = tree.update(series, source)?;
        // The sources may have turned out to be others than the pinned ones.
        let key = self.key(&tree)?;
        if let Some(kernel) = self.kept(&key)? {
            return Ok(kernel);
        }
        let cache = Cache::of(self.project)?;
        let scratch = cache.scratch()?;
        self.build(&folder, Some(scratch.path()))?;
        // Every checkout would boot under this key what somebody edited while make ran.
        ensure!(
            self.edited(&tree)?.is_none() && self.key(&tree)? == key,
            "what the kernel {} is made from was changed while it was built, so that it is not \
             kept; give the command again",
            self.flavor.name
        );
        Ok(Kernel {
            dir: cache.keep(scratch, &key)?,
            flavor: self.flavor.name.clone(),
            key: Some(key),
        })
    }

    fn edited(&self, tree: &Tree) -> Result<Option<String>> {
        Ok(match tree.state(&self.flavor.series)? {
            State::Edited(work) => Some(work),
            State::Same | State::Behind => None,
        })
    }

    fn key(&self, tree: &Tree) -> Result<String> {
        key::key(
            self.project,
            &tree.base_id()?,
            &self.flavor,
            &self.toolchain.versions,
        )
    }

    fn kept(&self, key: &str) -> Result<Option<Kernel>> {
        let dir = Cache::of(self.project)?.get(key)?;
        Ok(dir.map(|dir| {
            eprintln!(
                "       … kernel {}: kept from before ({key})",
                self.flavor.name
            );
            Kernel {
                dir,
                flavor: self.flavor.name.clone(),
                key: Some(key.to_owned()),
            }
        }))
    }

    fn build_uncached(&self, folder: &Path) -> Result<Kernel> {
        let dir = self.project.target.join("kernels").join(&self.flavor.name);
        cache::remove(&dir)?;
        fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
        self.build(folder, Some(&dir))?;
        Ok(Kernel {
            dir,
            flavor: self.flavor.name.clone(),
            key: None,
        })
    }

    /// Builds what is in the work tree `tree`, puts what a guest needs `into` a folder, if one is
    /// given, and gives the object folder.
    fn build(&self, tree: &Path, into: Option<&Path>) -> Result<PathBuf> {
        let name = &self.flavor.name;
        let objects = self.objects();
        seed::seed(self.project, &self.flavor, &objects)?;
        fs::create_dir_all(&objects)
            .with_context(|| format!("cannot make {}", objects.display()))?;
        let log = self.project.log(&format!("kernel-{name}.log"))?;
        cache::remove(&log)?;
        let make = Make {
            arch: self.flavor.arch,
            toolchain: &self.toolchain,
            tree,
            objects: &objects,
            log: &log,
        };
        config::write(&make, &self.flavor)?;
        let mut stage = Stage::start(format!("kernel {name}: build"));
        make.run(["all"], &mut stage)?;
        stage.done(objects.display());
        if let Some(folder) = into {
            artifact::collect(self.project, &make, &self.flavor, folder)?;
        }
        Ok(objects)
    }
}

fn say_uncached(flavor: &Flavor, work: &str) {
    eprintln!(
        "       … kernel {}: built as it is, and not kept: {work}",
        flavor.name
    );
}
