// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the doctor says of the parts of a Rust toolchain that rustup's least profile leaves out.

use super::finding::{Finding, Remedy};
use super::installer::Installer;
use crate::ask::ask;
use crate::toolchain::which;
use crate::version::Version;

/// Says of the formatter and the linter of the cargo that runs this whether they are there.
pub(crate) fn findings() -> Vec<Finding> {
    vec![
        finding("rustfmt", &["fmt", "--version"], "rustfmt"),
        finding("clippy", &["clippy", "--version"], "rust-clippy"),
    ]
}

/// A component, what of cargo's says its version, and the distribution's package.
fn finding(name: &str, version: &[&str], package: &str) -> Finding {
    // The one that rustup puts first in PATH may be a stand-in for what is not installed.
    let said = ask("cargo", version).ok();
    let has_rustup = which("rustup").is_some();
    Finding {
        name: name.to_owned(),
        fit: said.is_some(),
        found: said
            .as_deref()
            .and_then(Version::find)
            .map(|version| version.to_string()),
        minimum: None,
        remedy: match has_rustup {
            true => Remedy {
                packages: Vec::new(),
                otherwise: Some(Installer::Components),
            },
            false => Remedy::packages(&[package]),
        },
    }
}
