// SPDX-License-Identifier: MIT OR Apache-2.0

//! Rust compilers, and whether the sources of their library are there.

use std::env;
use std::path::{Path, PathBuf};

use super::path::in_path;
use crate::ask::ask;
use crate::version::Version;

/// The oldest that Linux 7.3 takes, after its Documentation/process/changes.rst.
pub(crate) const RUSTC_MINIMUM: Version = Version::new(1, 85, 0);
/// A Rust compiler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rustc {
    /// The compiler itself; rustdoc stands beside it.
    pub(crate) path: PathBuf,
    /// Its release.
    pub(crate) version: Version,
    /// The LLVM that it was built with.
    pub(crate) llvm: Version,
    /// Whether the sources of its library are there, from which the kernel builds `core`.
    pub(crate) has_library: bool,
}

impl Rustc {
    /// Whether a kernel can be built with it.
    pub(crate) fn is_usable(&self) -> bool {
        self.has_library && self.version >= RUSTC_MINIMUM
    }

    /// Asks the compiler at `path`. Those that are no releases are passed over: a nightly that came
    /// for other work must not decide what the kernel is built with.
    fn probe(path: &Path) -> Option<Self> {
        let ask = |arguments: &[&str]| ask(path, arguments).ok();
        let verbose = ask(&["-vV"])?;
        let line = |name: &str| verbose.lines().find_map(|line| line.strip_prefix(name));
        let field = |name: &str| line(name).and_then(Version::find);
        if line("release: ")?.contains('-') {
            return None;
        }
        let sysroot = PathBuf::from(ask(&["--print", "sysroot"])?.trim());
        Some(Self {
            // rustup's `rustc` is a switch that acts on its environment; the compiler that it
            // stands for is the one under its sysroot.
            path: sysroot.join("bin/rustc"),
            version: field("release: ")?,
            llvm: field("LLVM version: ")?,
            has_library: sysroot
                .join("lib/rustlib/src/rust/library/core/src/lib.rs")
                .is_file(),
        })
    }
}

/// Every rustc in PATH and in rustup's folder, whether usable or not.
pub(crate) fn rustcs() -> Vec<Rustc> {
    let rustup = env::var_os("RUSTUP_HOME")
        .map(PathBuf::from)
        .or_else(|| env::var_os("HOME").map(|home| Path::new(&home).join(".rustup")));
    let toolchains = rustup
        .and_then(|home| home.join("toolchains").read_dir().ok())
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin/rustc"));
    let mut found: Vec<Rustc> = Vec::new();
    for path in in_path("rustc").into_iter().chain(toolchains) {
        if let Some(rustc) = Rustc::probe(&path)
            && !found.contains(&rustc)
        {
            found.push(rustc);
        }
    }
    found
}
