// SPDX-License-Identifier: MIT OR Apache-2.0

//! The compilers that build the kernel: which there are, and which of them go together.

mod clang;
mod path;
mod rustc;

use std::path::PathBuf;

use anyhow::{Context, Result};

pub(crate) use clang::{CLANG_MINIMUM, Clang, clangs};
use path::in_path;
pub(crate) use path::which;
pub(crate) use rustc::{RUSTC_MINIMUM, Rustc, rustcs};

use crate::ask::ask;
use crate::project::Project;
use crate::version::Version;

/// The oldest that Linux 7.3 takes, after its Documentation/process/changes.rst.
pub(crate) const BINDGEN_MINIMUM: Version = Version::new(0, 71, 1);
/// The bindgen that is built into the cache when the system's is too old.
pub(crate) const BINDGEN_PIN: &str = "0.73.2";

/// The toolchain with the Miri that interprets the tests: a nightly, since there is no other Miri,
/// and always the same one.
pub(crate) const MIRI_PIN: &str = "nightly-2026-05-20";

/// What a kernel is built with.
#[derive(Debug, Clone)]
pub(crate) struct Toolchain {
    /// GNU make.
    pub(crate) make: PathBuf,
    /// A compiler with its library sources.
    pub(crate) rustc: Rustc,
    /// A complete LLVM, of rustc's own major version where there is one.
    pub(crate) clang: Clang,
    /// A bindgen that is new enough.
    pub(crate) bindgen: PathBuf,
    /// Where libclang is.
    pub(crate) libclang: PathBuf,
    /// What each of them says of itself: two toolchains that say the same build the same.
    pub(crate) versions: String,
}

impl Toolchain {
    /// The best of what is installed, or an error that says to ask `cargo xtask doctor`.
    pub(crate) fn find(project: &Project) -> Result<Self> {
        let (rustc, clang) = pair(rustcs(), clangs())
            .context("no rustc with its library sources and clang; run `cargo xtask doctor`")?;
        let (bindgen, _) =
            bindgen(project).context("no bindgen that is new enough; run `cargo xtask doctor`")?;
        let suffix = &clang.suffix;
        let versions = [
            ask(&rustc.path, &["-vV"])?,
            ask(format!("clang{suffix}"), &["--version"])?,
            ask(format!("ld.lld{suffix}"), &["--version"])?,
            ask(&bindgen, &["--version"])?,
        ];
        Ok(Self {
            versions: versions.map(|said| said + "\n").concat(),
            make: which("make").context("make is not installed; run `cargo xtask doctor`")?,
            libclang: clang
                .libclang
                .clone()
                .context("no libclang; run `cargo xtask doctor`")?,
            rustc,
            clang,
            bindgen,
        })
    }

    /// The arguments that make the kernel's build use these tools, also for what runs on the host.
    pub(crate) fn make_arguments(&self) -> Vec<String> {
        let rustc = self.rustc.path.display();
        let rustdoc = self.rustc.path.with_file_name("rustdoc");
        let llvm = match self.clang.suffix.as_str() {
            "" => "1",
            suffix => suffix,
        };
        vec![
            format!("LLVM={llvm}"),
            format!("RUSTC={rustc}"),
            format!("HOSTRUSTC={rustc}"),
            format!("RUSTDOC={}", rustdoc.display()),
            format!("BINDGEN={}", self.bindgen.display()),
            format!("LIBCLANG_PATH={}", self.libclang.display()),
        ]
    }
}

/// The pair to build with: of one LLVM major version if possible, and then the newest.
///
/// The kernel calls that `RUSTC_CLANG_LLVM_COMPATIBLE`; inlined C helpers and LTO need it.
pub(crate) fn pair(rustcs: Vec<Rustc>, clangs: Vec<Clang>) -> Option<(Rustc, Clang)> {
    let usable_clangs: Vec<_> = clangs.into_iter().filter(Clang::is_usable).collect();
    rustcs
        .into_iter()
        .filter(Rustc::is_usable)
        .flat_map(|rustc| {
            usable_clangs
                .iter()
                .map(move |clang| (rustc.clone(), clang.clone()))
        })
        .max_by_key(|(rustc, clang)| {
            let alike = rustc.llvm.major() == clang.version.major();
            (alike, rustc.version, clang.version)
        })
}

/// Where the pinned bindgen is built to by `cargo install --root`.
pub(crate) fn bindgen_root(project: &Project) -> PathBuf {
    project
        .cache
        .join("tools")
        .join(format!("bindgen-{BINDGEN_PIN}"))
}

/// A bindgen that is new enough: the system's, else the one in the cache.
pub(crate) fn bindgen(project: &Project) -> Option<(PathBuf, Version)> {
    in_path("bindgen")
        .into_iter()
        .chain([bindgen_root(project).join("bin/bindgen")])
        .find_map(|path| {
            let said = ask(&path, &["--version"]).ok()?;
            let version = Version::find(&said).filter(|version| *version >= BINDGEN_MINIMUM)?;
            Some((path, version))
        })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A toolchain that says of itself what `versions` is.
    pub(crate) fn toolchain(versions: &str) -> Toolchain {
        Toolchain {
            make: PathBuf::new(),
            rustc: rustc((1, 96), 22, true),
            clang: clang(22),
            bindgen: PathBuf::new(),
            libclang: PathBuf::new(),
            versions: versions.to_owned(),
        }
    }

    fn rustc(version: (u32, u32), llvm: u32, has_library: bool) -> Rustc {
        Rustc {
            path: PathBuf::from(format!("/rust-{}.{}/rustc", version.0, version.1)),
            version: Version::new(version.0, version.1, 0),
            llvm: Version::new(llvm, 1, 0),
            has_library,
        }
    }

    fn clang(major: u32) -> Clang {
        Clang {
            suffix: format!("-{major}"),
            version: Version::new(major, 1, 0),
            missing: Vec::new(),
            libclang: Some(PathBuf::from("/lib")),
        }
    }

    #[test]
    fn the_pair_of_one_llvm_is_chosen_before_the_newest() {
        let rustcs = vec![rustc((1, 97), 23, true), rustc((1, 96), 22, true)];
        let (chosen, llvm) = pair(rustcs, vec![clang(19), clang(22)]).unwrap();
        assert_eq!(chosen.version, Version::new(1, 96, 0));
        assert_eq!(llvm.suffix, "-22");
    }

    #[test]
    fn without_a_pair_of_one_llvm_the_newest_are_chosen() {
        let rustcs = vec![rustc((1, 90), 20, true), rustc((1, 96), 22, true)];
        let (chosen, llvm) = pair(rustcs, vec![clang(18), clang(19)]).unwrap();
        assert_eq!(chosen.version, Version::new(1, 96, 0));
        assert_eq!(llvm.suffix, "-19");
    }

    #[test]
    fn what_lacks_something_is_not_chosen() {
        let bare = rustc((1, 96), 22, false);
        assert_eq!(pair(vec![bare], vec![clang(22)]), None);
        let old = rustc((1, 84), 22, true);
        assert_eq!(pair(vec![old], vec![clang(22)]), None);
        let mut without_linker = clang(22);
        without_linker.missing = vec!["ld.lld-22".to_owned()];
        let good = rustc((1, 96), 22, true);
        assert_eq!(pair(vec![good.clone()], vec![without_linker]), None);
        assert_eq!(pair(vec![good], vec![clang(16)]), None);
    }
}
