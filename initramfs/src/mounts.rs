// SPDX-License-Identifier: MIT OR Apache-2.0

//! The file systems that programs expect.

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::mount::{MsFlags, mount};

struct Mount {
    kind: &'static str,
    target: &'static str,
    options: Option<&'static str>,
    /// Not an error when the kernel was built without it.
    optional: bool,
}

const fn needed(kind: &'static str, target: &'static str) -> Mount {
    Mount {
        kind,
        target,
        options: None,
        optional: false,
    }
}

const MOUNTS: [Mount; 5] = [
    needed("proc", "/proc"),
    needed("sysfs", "/sys"),
    needed("devtmpfs", "/dev"),
    Mount {
        options: Some("mode=1777"),
        ..needed("tmpfs", "/tmp")
    },
    Mount {
        optional: true,
        ..needed("debugfs", "/sys/kernel/debug")
    },
];

/// Mounts all of them.
pub(crate) fn mount_all() -> Result<()> {
    MOUNTS.iter().try_for_each(|entry| {
        let done = std::fs::create_dir_all(entry.target)
            .map_err(|error| Errno::from_raw(error.raw_os_error().unwrap_or_default()))
            .and_then(|()| {
                mount(
                    Some(entry.kind),
                    entry.target,
                    Some(entry.kind),
                    MsFlags::MS_NOSUID,
                    entry.options,
                )
            });
        match done {
            Err(_) if entry.optional => Ok(()),
            done => {
                done.with_context(|| format!("cannot mount {} on {}", entry.kind, entry.target))
            }
        }
    })
}
