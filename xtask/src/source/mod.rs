// SPDX-License-Identifier: MIT OR Apache-2.0

//! The kernel's sources: found on the machine, fetched, or given; checked, and unpacked.

pub(crate) mod checksum;
mod debian;
mod download;
mod kernel_org;
mod pin;
#[cfg(test)]
mod tests;
mod unpack;

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

pub(crate) use pin::Pin;
#[cfg(test)]
pub(crate) use pin::{Debian, KernelOrg};

use crate::project::Project;

/// Where sources come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Debian's package, which is what is pinned.
    Debian,
    /// kernel.org's tarball.
    KernelOrg,
    /// What the user names with `--source`.
    Given(PathBuf),
}

impl Origin {
    /// Whether the content must be that of the pin.
    pub(crate) fn is_pinned(&self) -> bool {
        *self == Self::Debian
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Debian => f.write_str("Debian's package"),
            Self::KernelOrg => f.write_str("kernel.org"),
            Self::Given(path) => write!(f, "--source {}", path.display()),
        }
    }
}

/// Unpacks the sources into the folder `into` and returns where they come from: `given` if that is
/// something, else the first of what the machine has, Debian's package and kernel.org's tarball.
pub(crate) fn unpack(
    project: &Project,
    pin: &Pin,
    given: Option<&Path>,
    into: &Path,
) -> Result<Origin> {
    let origin = match given {
        Some(path) if path.is_dir() => {
            unpack::copy(path, into)?;
            Origin::Given(path.to_path_buf())
        }
        Some(path) => {
            unpack::tarball(project, path, into)?;
            Origin::Given(path.to_path_buf())
        }
        None => {
            let (tarball, origin) = obtain(project, pin)?;
            unpack::tarball(project, &tarball, into)?;
            origin
        }
    };
    let version = unpack::version(into)?;
    if version != pin.version {
        bail!(
            "{origin} is Linux {version}, but the series are made for {}; give another --source",
            pin.version
        );
    }
    Ok(origin)
}

/// The path of a user's `--source`, seen from everywhere.
pub(crate) fn given(path: Option<&PathBuf>) -> Result<Option<PathBuf>> {
    path.map(|path| {
        path.canonicalize()
            .with_context(|| format!("there is no --source {}", path.display()))
    })
    .transpose()
}

/// A tarball that has been checked.
fn obtain(project: &Project, pin: &Pin) -> Result<(PathBuf, Origin)> {
    let downloads = project.cache.join("downloads");
    std::fs::create_dir_all(&downloads)
        .with_context(|| format!("cannot make {}", downloads.display()))?;
    if let Some(tarball) = debian::find(&pin.debian, &downloads)? {
        return Ok((tarball, Origin::Debian));
    }
    let debian = match debian::fetch(project, &pin.debian, &downloads) {
        Ok(tarball) => return Ok((tarball, Origin::Debian)),
        Err(error) => error,
    };
    eprintln!("       … {debian:#}\n       … trying kernel.org instead");
    match kernel_org::fetch(project, &pin.kernel_org, &downloads) {
        Ok(tarball) => Ok((tarball, Origin::KernelOrg)),
        Err(error) => bail!(
            "no sources of Linux {} could be had; give them with --source PATH\n  \
             Debian: {debian:#}\n  kernel.org: {error:#}",
            pin.version
        ),
    }
}
