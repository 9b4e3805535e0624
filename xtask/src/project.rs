// SPDX-License-Identifier: MIT OR Apache-2.0

//! Where things are: the checkout, what is built from it, and what is kept between checkouts.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The folders that every step works in. Nothing outside of them is written.
#[derive(Debug, Clone)]
pub(crate) struct Project {
    /// The checkout.
    pub(crate) root: PathBuf,
    /// The work tree, the object folders and the logs of this checkout: `target/`.
    pub(crate) target: PathBuf,
    /// What all checkouts of this user share: downloads, host tools and finished kernels.
    pub(crate) cache: PathBuf,
}

impl Project {
    /// Finds the checkout that this binary was built in, and the user's cache folder:
    /// `$CONNECTOR_CACHE`, else `$XDG_CACHE_HOME/linux-connector`, else
    /// `~/.cache/linux-connector`.
    pub(crate) fn locate() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .context("xtask stands outside of a checkout; run it as `cargo xtask`")?
            .to_path_buf();
        let target = root.join("target");
        let cache = Self::cache_from(
            env::var_os("CONNECTOR_CACHE").map(PathBuf::from),
            env::var_os("XDG_CACHE_HOME").map(PathBuf::from),
            env::var_os("HOME").map(PathBuf::from),
        )
        .context("no place for the cache: set CONNECTOR_CACHE, XDG_CACHE_HOME or HOME")?;
        Ok(Self {
            root,
            target,
            cache,
        })
    }

    fn cache_from(
        own: Option<PathBuf>,
        xdg: Option<PathBuf>,
        home: Option<PathBuf>,
    ) -> Option<PathBuf> {
        // The XDG base directory specification has relative paths ignored.
        own.or_else(|| {
            xdg.filter(|path| path.is_absolute())
                .map(|x| x.join("linux-connector"))
        })
        .or_else(|| home.map(|home| home.join(".cache/linux-connector")))
    }

    /// The series and the pin of the tree that they apply to.
    pub(crate) fn patches(&self) -> PathBuf {
        self.root.join("patches")
    }

    /// The flavors and the fragments that they are merged from.
    pub(crate) fn kernel_config(&self) -> PathBuf {
        self.root.join("kernel-config")
    }

    /// What runs in the guest, and the scenarios that say so.
    pub(crate) fn payloads(&self) -> PathBuf {
        self.root.join("test-payloads")
    }

    /// Where guests leave theirs, unless something else is asked for.
    pub(crate) fn runs(&self) -> PathBuf {
        self.target.join("runs")
    }

    /// Where a step leaves its log; the folder is made when needed.
    pub(crate) fn log(&self, name: &str) -> Result<PathBuf> {
        let folder = self.target.join("logs");
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("cannot make the log folder {}", folder.display()))?;
        Ok(folder.join(name))
    }
}

/// A project in a temporary folder, which goes when the first half is dropped.
#[cfg(test)]
pub(crate) fn scratch() -> (tempfile::TempDir, Project) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let project = Project {
        root: folder.path().join("root"),
        target: folder.path().join("root/target"),
        cache: folder.path().join("cache"),
    };
    (folder, project)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_is_where_the_user_says() {
        let path = |text: &str| Some(PathBuf::from(text));
        let home = || path("/home/someone");
        assert_eq!(
            Project::cache_from(path("/mine"), path("/xdg"), home()),
            path("/mine")
        );
        assert_eq!(
            Project::cache_from(None, path("/xdg"), home()),
            path("/xdg/linux-connector")
        );
        assert_eq!(
            Project::cache_from(None, path("relative"), home()),
            path("/home/someone/.cache/linux-connector")
        );
        assert_eq!(Project::cache_from(None, None, None), None);
    }
}
