// SPDX-License-Identifier: MIT OR Apache-2.0

//! `patches/linux.yaml`: which sources the series apply to, and how they are known to be these.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::Deserialize;

use crate::project::Project;
use crate::yaml;

/// The pinned sources, and what the series on top of them are for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pin {
    /// The kernel's own version: `7.3.4`.
    pub(crate) version: String,
    /// The content of Debian's tarball, on which the series are made, as a git tree id.
    pub(crate) tree: String,
    /// Debian's package of the sources.
    pub(crate) debian: Debian,
    /// The tarball of the kernel's own site.
    #[serde(rename = "kernel.org")]
    pub(crate) kernel_org: KernelOrg,
    /// For each folder of patches the kernel tree that it is for, for example `net-next`.
    pub(crate) series: BTreeMap<String, String>,
}

/// A binary package that holds a tarball.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Debian {
    /// The package's name.
    pub(crate) package: String,
    /// The package's version.
    pub(crate) version: String,
    /// The suite that has it.
    pub(crate) suite: String,
    /// The sum of the package.
    pub(crate) package_sha256: String,
    /// The tarball's file name; in the package it is under `usr/src/`.
    pub(crate) tarball: String,
    /// The sum of the tarball.
    pub(crate) tarball_sha256: String,
}

/// A tarball whose sum is in a list that is signed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct KernelOrg {
    /// Where the tarball is.
    pub(crate) tarball: String,
    /// Where the signed list of sums is.
    pub(crate) sums: String,
    /// Where the key is that signs the list.
    pub(crate) key: String,
    /// The fingerprint that makes it this key.
    pub(crate) fingerprint: String,
}

impl Pin {
    /// Reads `patches/linux.yaml`.
    pub(crate) fn load(project: &Project) -> Result<Self> {
        yaml::load(&project.patches().join("linux.yaml"))
    }
}
