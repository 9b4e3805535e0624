// SPDX-License-Identifier: MIT OR Apache-2.0

//! What brings tools that the distribution does not package, or only too old.

use std::process::Command;

use crate::project::Project;
use crate::toolchain::{BINDGEN_PIN, MIRI_PIN, bindgen_root};

/// The parts of the pinned toolchain that Miri needs, beside the least that rustup installs.
pub(crate) const MIRI_COMPONENTS: [&str; 2] = ["miri", "rust-src"];

/// Another way to get something than a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Installer {
    /// cargo builds the pinned bindgen into the cache.
    Cargo,
    /// rustup adds the formatter and the linter to the toolchain that runs this.
    Components,
    /// rustup installs the pinned toolchain with Miri, beside those that are there.
    Rustup,
}

impl Installer {
    /// What it does, for people.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Cargo => format!("doctor: build bindgen {BINDGEN_PIN}"),
            Self::Components => "doctor: add rustfmt and clippy".to_owned(),
            Self::Rustup => format!("doctor: install {MIRI_PIN} with Miri"),
        }
    }

    /// What does it.
    pub(crate) fn command(self, project: &Project) -> Command {
        match self {
            Self::Cargo => install_bindgen(project),
            Self::Components => add_components(),
            Self::Rustup => install_miri(),
        }
    }
}

fn install_bindgen(project: &Project) -> Command {
    let mut command = Command::new("cargo");
    command
        .args([
            "install",
            "bindgen-cli",
            "--version",
            BINDGEN_PIN,
            "--locked",
            "--root",
        ])
        .arg(bindgen_root(project));
    // What the cargo that runs this was told about this workspace is not for another program.
    for name in ["CARGO_TARGET_DIR", "CARGO_ENCODED_RUSTFLAGS", "RUSTFLAGS"] {
        command.env_remove(name);
    }
    command
}

fn add_components() -> Command {
    let mut command = Command::new("rustup");
    command.args(["component", "add", "rustfmt", "clippy"]);
    command
}

fn install_miri() -> Command {
    let mut command = Command::new("rustup");
    command.args(["toolchain", "install", MIRI_PIN, "--profile", "minimal"]);
    command.args(
        MIRI_COMPONENTS
            .iter()
            .flat_map(|name| ["--component", name]),
    );
    command
}
