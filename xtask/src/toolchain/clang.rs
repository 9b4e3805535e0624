// SPDX-License-Identifier: MIT OR Apache-2.0

//! Clangs, each with the rest of its LLVM.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::path::{path_folders, which};
use crate::ask::ask;
use crate::version::Version;

/// The oldest that Linux 7.3 takes, after its Documentation/process/changes.rst.
pub(crate) const CLANG_MINIMUM: Version = Version::new(17, 0, 1);
/// What else of LLVM the kernel's `LLVM=` switches to, beside clang.
const LLVM_TOOLS: [&str; 7] = [
    "ld.lld",
    "llvm-ar",
    "llvm-nm",
    "llvm-objcopy",
    "llvm-objdump",
    "llvm-readelf",
    "llvm-strip",
];

/// A clang with the rest of LLVM beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Clang {
    /// What comes after the name of each tool: nothing, or for example `-22`.
    pub(crate) suffix: String,
    /// Its release.
    pub(crate) version: Version,
    /// Tools of [`LLVM_TOOLS`] that are not there; of use only when this is empty.
    pub(crate) missing: Vec<String>,
    /// The folder that holds libclang, for bindgen.
    pub(crate) libclang: Option<PathBuf>,
}

impl Clang {
    /// Whether a kernel can be built with it.
    pub(crate) fn is_usable(&self) -> bool {
        self.missing.is_empty() && self.libclang.is_some() && self.version >= CLANG_MINIMUM
    }

    fn probe(suffix: &str) -> Option<Self> {
        let clang = format!("clang{suffix}");
        let ask = |argument| ask(&clang, &[argument]).ok();
        let version = Version::find(&ask("--version")?)?;
        // LIB/clang/22 → LIB
        let resources = PathBuf::from(ask("-print-resource-dir")?.trim());
        let libclang = resources
            .ancestors()
            .nth(2)
            .filter(|folder| folder.join("libclang.so").exists())
            .map(Path::to_path_buf);
        Some(Self {
            suffix: suffix.to_owned(),
            version,
            missing: LLVM_TOOLS
                .iter()
                .map(|tool| format!("{tool}{suffix}"))
                .filter(|tool| which(tool).is_none())
                .collect(),
            libclang,
        })
    }
}

/// Every `clang` and `clang-NUMBER` in PATH, whether usable or not.
pub(crate) fn clangs() -> Vec<Clang> {
    let suffixes: BTreeSet<String> = path_folders()
        .iter()
        .filter_map(|folder| folder.read_dir().ok())
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let suffix = name.strip_prefix("clang")?;
            let number = suffix.strip_prefix('-').map(str::parse::<u32>);
            (suffix.is_empty() || matches!(number, Some(Ok(_)))).then(|| suffix.to_owned())
        })
        .collect();
    suffixes
        .iter()
        .filter_map(|suffix| Clang::probe(suffix))
        .collect()
}
