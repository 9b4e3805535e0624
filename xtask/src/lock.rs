// SPDX-License-Identifier: MIT OR Apache-2.0

//! One build at a time in a checkout: two would write the same objects.

use std::fs::File;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};

/// Held while the work tree or an object folder is written; the kernel frees it with the process.
pub(crate) struct Lock {
    _file: Flock<File>,
}

impl Lock {
    /// Waits, aloud, until no other `cargo xtask` builds in the folder `target`.
    pub(crate) fn wait(target: &Path) -> Result<Self> {
        std::fs::create_dir_all(target)
            .with_context(|| format!("cannot make the folder {}", target.display()))?;
        let path = target.join("build.lock");
        let file = File::create(&path)
            .with_context(|| format!("cannot make the lock {}", path.display()))?;
        let cannot = |errno: Errno| anyhow!("cannot lock {}: {errno}", path.display());
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(file) => Ok(Self { _file: file }),
            Err((file, Errno::EWOULDBLOCK)) => {
                eprintln!("       … another cargo xtask builds here; waiting for it to end");
                let file = Flock::lock(file, FlockArg::LockExclusive)
                    .map_err(|(_file, errno)| cannot(errno))?;
                Ok(Self { _file: file })
            }
            Err((_file, errno)) => Err(cannot(errno)),
        }
    }
}
