// SPDX-License-Identifier: MIT OR Apache-2.0

//! Builds a kernel, and the stages behind it, as far as the cache does not have them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::workplace::Workplace;
use super::{artifact, devel, key};
use crate::cache::{self, Cache};
use crate::config;
use crate::flavor::Flavor;
use crate::lock::Lock;
use crate::make::Make;
use crate::project::Project;
use crate::source::Pin;
use crate::stage::Stage;
use crate::toolchain::Toolchain;
use crate::tree::{State, Tree};

/// A finished kernel's folder.
pub(super) struct Image {
    /// As [`super::Kernel::dir`].
    pub(super) dir: PathBuf,
    /// As [`super::Kernel::key`].
    pub(super) key: Option<String>,
    /// The content that it was built from, see [`Builder::id`].
    pub(super) id: String,
}

/// The sources, the configuration and the tools of a kernel.
pub(super) struct Builder<'a> {
    pub(super) project: &'a Project,
    pin: Pin,
    pub(super) flavor: Flavor,
    toolchain: Toolchain,
    log: PathBuf,
}

impl<'a> Builder<'a> {
    /// Those of the flavor of this name.
    pub(super) fn new(project: &'a Project, flavor: &str) -> Result<Self> {
        Ok(Self {
            project,
            pin: Pin::load(project)?,
            flavor: Flavor::named(project, flavor)?,
            toolchain: Toolchain::find(project)?,
            log: project.log(&format!("kernel-{flavor}.log"))?,
        })
    }

    /// The work tree of the series.
    pub(super) fn tree(&self) -> Tree<'_> {
        Tree::new(self.project, &self.pin)
    }

    /// The folders in which it is built.
    pub(super) fn workplace(&self) -> Workplace {
        Workplace::of(self.project, &self.flavor)
    }

    /// The `make` for these folders.
    pub(super) fn make<'m>(&'m self, tree: &'m Path, objects: &'m Path) -> Make<'m> {
        Make {
            arch: self.flavor.arch,
            toolchain: &self.toolchain,
            tree,
            objects,
            log: &self.log,
        }
    }

    /// The finished kernel, from the cache or built; `source` as for [`super::ensure_from()`].
    pub(super) fn image(&self, source: Option<&Path>) -> Result<Image> {
        let tree = self.tree();
        let series = &self.flavor.series;
        if let Some(work) = self.edited(&tree)? {
            say_uncached(&self.flavor, &work);
            return self.build_uncached(&tree);
        }
        // A kernel that is kept needs no tree, unless other sources are asked for.
        if source.is_none()
            && let Some(image) = self.kept(&self.key(&tree)?)?
        {
            return Ok(image);
        }
        tree.prepare(series, source)?;
        // The sources may have turned out to be others than the pinned ones.
        let key = self.key(&tree)?;
        if let Some(image) = self.kept(&key)? {
            return Ok(image);
        }
        let cache = Cache::of_kernels(self.project)?;
        let scratch = cache.scratch()?;
        let _building = Lock::of_builds(&self.project.cache)?;
        self.build_into(&tree, &key, scratch.path(), true)?;
        // Every checkout would boot under this key what somebody edited before make ran.
        ensure!(
            self.edited(&tree)?.is_none() && self.key(&tree)? == key,
            "what the kernel {} is made from was changed while it was built, so that it is not \
             kept; give the command again",
            self.flavor.name
        );
        Ok(Image {
            dir: cache.keep(scratch, &key)?,
            key: Some(key.clone()),
            id: key,
        })
    }

    /// The work that somebody has not exported, if there is any.
    pub(super) fn edited(&self, tree: &Tree) -> Result<Option<String>> {
        Ok(match tree.state(&self.flavor.series)? {
            State::Edited(work) => Some(work),
            State::Same | State::Behind => None,
        })
    }

    fn key(&self, tree: &Tree) -> Result<String> {
        key::key(
            &tree.base_id()?,
            self.project,
            &self.flavor,
            &self.toolchain,
        )
    }

    /// The content that a build would be made from now: the key, or, if somebody works in the tree,
    /// a name for what is in it.
    pub(super) fn id(&self, tree: &Tree) -> Result<String> {
        let key = self.key(tree)?;
        Ok(match self.edited(tree)? {
            None => key,
            Some(_) => format!("{key} {}", tree.content(&self.flavor.series)?),
        })
    }

    fn kept(&self, key: &str) -> Result<Option<Image>> {
        let dir = Cache::of_kernels(self.project)?.get(key)?;
        Ok(dir.map(|dir| {
            eprintln!(
                "       … kernel {}: kept from before ({key})",
                self.flavor.name
            );
            Image {
                dir,
                key: Some(key.to_owned()),
                id: key.to_owned(),
            }
        }))
    }

    fn build_uncached(&self, tree: &Tree) -> Result<Image> {
        let dir = self.project.target.join("kernels").join(&self.flavor.name);
        cache::remove(&dir)?;
        fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
        let _building = Lock::of_builds(&self.project.cache)?;
        let id = self.id(tree)?;
        self.build_into(tree, &id, &dir, false)?;
        Ok(Image { dir, key: None, id })
    }

    /// Builds the series and copies what a guest needs into `folder`, and, if the kernel is to be
    /// kept, also what modules are built with.
    pub(super) fn build_into(
        &self,
        tree: &Tree,
        id: &str,
        folder: &Path,
        to_keep: bool,
    ) -> Result<()> {
        self.build(tree, id)?;
        let Workplace { tree, objects } = self.workplace();
        let make = self.make(&tree, &objects);
        let mut stage = Stage::start(format!("kernel {}: collect", self.flavor.name));
        artifact::collect(&make, &self.flavor, folder, &mut stage)?;
        if to_keep {
            devel::pack(&make, folder, &mut stage)?;
        }
        stage.done(folder.display());
        Ok(())
    }

    /// Builds what the work tree of the series holds, in the folders of the flavor's class, which
    /// the caller has locked.
    pub(super) fn build(&self, tree: &Tree, id: &str) -> Result<()> {
        let name = &self.flavor.name;
        let workplace = self.workplace();
        cache::remove(&self.log)?;
        let expected = workplace.begin()?;
        tree.check_out(&self.flavor.series, &workplace.tree)?;
        let make = self.make(&workplace.tree, &workplace.objects);
        config::write(&make, &self.flavor)?;
        let mut stage = Stage::start(format!("kernel {name}: build"));
        let steps = make.run_expecting(["all"], expected, &mut stage)?;
        workplace.finish(id, steps)?;
        stage.done(format!("{steps} steps in {}", workplace.objects.display()));
        Ok(())
    }

    /// The folder that `build` makes from the files in `sources` for a kernel, from the cache if the
    /// kernel is kept there, too.
    pub(super) fn stage(&self, image: &Image, sources: &Path, build: Stages) -> Result<PathBuf> {
        let Some(kernel) = &image.key else {
            let folder = image.dir.join(sources.file_name().unwrap_or_default());
            let folder = folder.with_extension("built");
            fs::create_dir_all(&folder)
                .with_context(|| format!("cannot make {}", folder.display()))?;
            self.with_objects(image, |make| build(make, self, &folder))?;
            return Ok(folder);
        };
        let key = key::stage(kernel, sources)?;
        let cache = Cache::of_modules(self.project)?;
        if let Some(folder) = cache.get(&key)? {
            return Ok(folder);
        }
        let scratch = cache.scratch()?;
        self.with_objects(image, |make| build(make, self, scratch.path()))?;
        cache.keep(scratch, &key)
    }

    /// Calls `act` with the `make` for out-of-tree builds: in what was packed of a kernel that is
    /// kept, else in the folders where it was built.
    fn with_objects(&self, image: &Image, act: impl FnOnce(&Make) -> Result<()>) -> Result<()> {
        if image.key.is_some() {
            let headers = devel::unpack(self.project, &self.flavor.name, &image.dir)?;
            return act(&self.make(&headers, &headers));
        }
        let _building = Lock::of_builds(&self.project.cache)?;
        let workplace = self.workplace();
        ensure!(
            workplace.holds(&image.id),
            "another checkout has built in {} meanwhile; give the command again",
            workplace.objects.display()
        );
        // A flavor of another class may have switched the tree.
        self.tree()
            .check_out(&self.flavor.series, &workplace.tree)?;
        act(&self.make(&workplace.tree, &workplace.objects))
    }
}

/// A stage behind the kernel, called with the `make`, the builder, and the folder to fill.
pub(super) type Stages = fn(&Make, &Builder, &Path) -> Result<()>;

/// Notes why a kernel is built though one may be kept.
pub(super) fn say_uncached(flavor: &Flavor, work: &str) {
    eprintln!(
        "       … kernel {}: built as it is, and not kept: {work}",
        flavor.name
    );
}
