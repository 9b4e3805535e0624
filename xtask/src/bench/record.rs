// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a run of the bench found, as JSON: for other programs, and to compare later runs to.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::figures::{Cost, Figures};
use super::row::Row;
use super::targets::Target;
use crate::ask::ask;
use crate::kernel::Kernel;
use crate::qemu::Qemu;

/// A whole run.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Record {
    /// What was built and measured with; figures of another toolchain are other figures.
    pub(super) toolchain: Toolchain,
    /// In the order in which they are compared.
    pub(super) flavors: Vec<OfFlavor>,
    /// What was to be reached.
    #[serde(default)]
    targets: Vec<OfTarget>,
}

/// All that figures depend on, apart from what is in this repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Toolchain {
    /// Kernel release and compilers, as they name themselves.
    kernel: Vec<String>,
    /// The compiler of the program that measures.
    programs: String,
    /// What counts.
    qemu: String,
}

/// What was measured on a kernel. Names of operations are `OPERATION` or `OPERATION/COUNT WHAT`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct OfFlavor {
    pub(super) flavor: String,
    /// Guest instructions, the median of several times.
    instructions: BTreeMap<String, i64>,
    /// Least and most of them, where not all times were the same.
    varying: BTreeMap<String, [i64; 2]>,
    /// Memory.
    bytes: BTreeMap<String, i64>,
}

#[derive(Debug, Serialize, Deserialize)]
struct OfTarget {
    flavor: String,
    what: String,
    is: i64,
    limit: i64,
    met: bool,
}

impl Toolchain {
    /// What the kernels and the programs of this run were made with.
    pub(super) fn of(kernels: &[Kernel], qemu: &Qemu) -> Result<Self> {
        let kernel = kernels.first().context("no kernel was measured")?;
        let path = kernel.dir.join("info");
        let info = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        Ok(Self {
            kernel: versions(&info),
            programs: ask(rustc, &["--version"]).context("cannot ask rustc for its version")?,
            qemu: qemu.version.clone(),
        })
    }
}

impl fmt::Display for Toolchain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kernel,
            programs,
            qemu,
        } = self;
        write!(f, "{}; programs: {programs}; {qemu}", kernel.join(", "))
    }
}

/// The lines of a kernel's info that name a version: not what it is, nor where its tools are.
fn versions(info: &str) -> Vec<String> {
    let names = ["Linux ", "rustc ", "LLVM ", "bindgen "];
    let is_version = |line: &&str| {
        line.contains("clang version")
            || line.contains("LLD ")
            || names.iter().any(|name| line.starts_with(name))
    };
    info.lines().filter(is_version).map(str::to_owned).collect()
}

impl Record {
    pub(super) fn new(
        toolchain: Toolchain,
        measured: &[(String, Figures)],
        targets: &[Target],
    ) -> Self {
        let targets = targets.iter().map(|target| OfTarget {
            flavor: target.flavor.clone(),
            what: target.what.clone(),
            is: target.is,
            limit: target.limit,
            met: target.is_met(),
        });
        Self {
            toolchain,
            flavors: measured.iter().map(OfFlavor::new).collect(),
            targets: targets.collect(),
        }
    }

    /// Reads what [`Self::write`] wrote.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let cannot = || format!("cannot compare to {}", path.display());
        let text = std::fs::read_to_string(path).with_context(cannot)?;
        serde_json::from_str(&text).with_context(cannot)
    }

    pub(super) fn write(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self).context("cannot word the figures")? + "\n";
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
    }

    pub(super) fn flavor(&self, name: &str) -> Option<&OfFlavor> {
        self.flavors.iter().find(|of| of.flavor == name)
    }
}

impl OfFlavor {
    fn new((flavor, figures): &(String, Figures)) -> Self {
        let costs = || figures.costs.iter().map(|(row, cost)| (row.key(), *cost));
        let varies = |cost: &Cost| cost.least != cost.most;
        Self {
            flavor: flavor.clone(),
            instructions: costs().map(|(name, cost)| (name, cost.steady)).collect(),
            varying: costs()
                .filter(|(_, cost)| varies(cost))
                .map(|(name, cost)| (name, [cost.least, cost.most]))
                .collect(),
            bytes: figures.bytes.iter().cloned().collect(),
        }
    }

    /// What an operation cost.
    pub(super) fn cost(&self, row: &Row) -> Option<i64> {
        self.instructions.get(&row.key()).copied()
    }

    /// All operations, in no order that means something.
    pub(super) fn rows(&self) -> Result<Vec<Row>> {
        self.instructions.keys().map(|name| name.parse()).collect()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::bench::figures::tests::figures;

    /// A record of flavors with figures, made with the toolchain `made_with`.
    pub(in crate::bench) fn record(made_with: &str, flavors: &[(&str, &str)]) -> Record {
        let toolchain = Toolchain {
            kernel: vec![made_with.to_owned()],
            programs: String::new(),
            qemu: String::new(),
        };
        let measured = flavors
            .iter()
            .map(|(name, text)| ((*name).to_owned(), figures(text)));
        Record::new(toolchain, &measured.collect::<Vec<_>>(), &[])
    }

    #[test]
    fn a_record_reads_back_as_written() {
        let text = "floor: 7\nadd/16 ids: 9\na socket: 30 bytes";
        let first = record("clang 22", &[("c", text)]);
        let file = tempfile::NamedTempFile::new().unwrap();
        first.write(file.path()).unwrap();
        let second = Record::read(file.path()).unwrap();
        assert_eq!(first.toolchain, second.toolchain);
        let of = second.flavor("c").unwrap();
        assert_eq!(of.cost(&"add/16 ids".parse().unwrap()), Some(9));
        assert_eq!(of.bytes["a socket"], 30);
        assert_eq!(of.rows().unwrap().len(), 2);
        std::fs::write(file.path(), "{}").unwrap();
        let error = Record::read(file.path()).unwrap_err().to_string();
        assert!(error.starts_with("cannot compare to /"), "{error}");
    }

    #[test]
    fn of_a_kernels_info_the_versions_count() {
        let info = "flavor c (a)\nLinux 7.3.4\nrustc 1.96.0 (a)\nbinary: rustc\nLLVM version: 22\n\
                    Debian clang version 22.1.8\nTarget: x\nInstalledDir: /usr\nDebian LLD 22.1.8\n\
                    bindgen 0.73.2\n";
        let wanted = [
            "Linux 7.3.4",
            "rustc 1.96.0 (a)",
            "LLVM version: 22",
            "Debian clang version 22.1.8",
            "Debian LLD 22.1.8",
            "bindgen 0.73.2",
        ];
        assert_eq!(versions(info), wanted);
    }
}
