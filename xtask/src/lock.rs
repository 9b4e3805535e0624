// SPDX-License-Identifier: MIT OR Apache-2.0

//! One at a time: two builds in a checkout would write the same objects, two commands that run
//! guests the same logs, and two that fetch the same downloads.

use std::fs::File;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};

use crate::cache::BUILDS;

/// The file in the cache that tells of who fetches.
pub(crate) const FETCHES: &str = "fetches.lock";

/// Held while the work tree, an object folder or a download is written, or while guests run; the
/// kernel frees it with the process.
pub(crate) struct Lock {
    _file: Flock<File>,
}

impl Lock {
    /// Waits, aloud, until no other `cargo xtask` builds in the folder `target`.
    pub(crate) fn wait(target: &Path) -> Result<Self> {
        Self::named(target, "build.lock", "builds here")
    }

    /// Waits, aloud, until no other `cargo xtask` builds a kernel in the folder `cache`, which
    /// checkouts share.
    pub(crate) fn of_builds(cache: &Path) -> Result<Self> {
        Self::named(&cache.join(BUILDS), "lock", "builds a kernel")
    }

    /// Waits, aloud, until no other `cargo xtask` runs guests whose files go to the folder `runs`.
    pub(crate) fn of_runs(runs: &Path) -> Result<Self> {
        Self::named(runs, "lock", "runs guests here")
    }

    /// Waits, aloud, until no other `cargo xtask` fetches the sources into the folder `cache`, which
    /// checkouts share.
    pub(crate) fn of_fetches(cache: &Path) -> Result<Self> {
        Self::named(cache, FETCHES, "fetches the sources")
    }

    fn named(folder: &Path, name: &str, does: &str) -> Result<Self> {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let path = folder.join(name);
        let file = File::create(&path)
            .with_context(|| format!("cannot make the lock {}", path.display()))?;
        let cannot = |errno: Errno| anyhow!("cannot lock {}: {errno}", path.display());
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(file) => Ok(Self { _file: file }),
            Err((file, Errno::EWOULDBLOCK)) => {
                eprintln!("       … another cargo xtask {does}; waiting for it to end");
                let file = Flock::lock(file, FlockArg::LockExclusive)
                    .map_err(|(_file, errno)| cannot(errno))?;
                Ok(Self { _file: file })
            }
            Err((_file, errno)) => Err(cannot(errno)),
        }
    }
}
