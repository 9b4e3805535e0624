// SPDX-License-Identifier: MIT OR Apache-2.0

//! Composes the initramfs of one guest: PID 1, its plan, and the files that the plan calls for.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use initramfs::newc::Archive;
use initramfs::plan::{Part, Plan};
use initramfs::{MODULES, PLAN, PROGRAMS};

use crate::kernel::Kernel;
use crate::payload;
use crate::scenario::Scenario;

/// The variable by which payloads learn the user's filter, a regular expression.
const FILTER: &str = "CN_FILTER";

/// The variable by which payloads learn what the order of the tests follows from, a number.
const SEED: &str = "CN_SEED";

/// The start of the variables by which payloads learn the scenario's counts; the name follows.
const COUNT: &str = "CN_COUNT_";

/// Where the parts come from.
pub(crate) struct Parts<'a> {
    /// The one that is booted.
    pub(crate) kernel: &'a Kernel,
    /// Where modules of other flavors come from.
    pub(crate) kernels: &'a [Kernel],
    /// As [`payload::build`] returns it.
    pub(crate) payloads: &'a Path,
}

impl Parts<'_> {
    /// A module as a scenario names it: `NAME.ko` or `FLAVOR/NAME.ko`.
    fn module(&self, name: &str) -> Result<PathBuf> {
        let (kernel, file) = match name.split_once('/') {
            None => (self.kernel, name),
            Some((flavor, file)) => {
                let mut others = self.kernels.iter();
                let other = others.find(|kernel| kernel.flavor == flavor);
                let missing = || format!("no kernel {flavor} for the module `{name}`");
                (other.with_context(missing)?, file)
            }
        };
        let missing = || {
            let flavor = &kernel.flavor;
            format!(
                "unknown module `{name}`: neither the kernel {flavor} nor test-payloads/modules has it"
            )
        };
        kernel.module(file).with_context(missing)
    }
}

/// Makes the plan of a guest, in which the scenarios run one after the other; `nightly` selects their
/// larger counts.
pub(crate) fn plan(
    scenarios: &[&Scenario],
    filter: Option<&str>,
    seed: Option<u64>,
    nightly: bool,
) -> Plan {
    let wishes = [
        (FILTER, filter.map(str::to_owned)),
        (SEED, seed.map(|seed| seed.to_string())),
    ];
    let wishes = wishes.map(|(name, value)| Some((name.to_owned(), value?)));
    let part = |scenario: &&Scenario| {
        let counts = scenario.counts(nightly).map(|(name, number)| {
            let name = name.to_uppercase().replace('-', "_");
            (format!("{COUNT}{name}"), number.to_string())
        });
        Part {
            scenario: scenario.name.clone(),
            env: wishes.clone().into_iter().flatten().chain(counts).collect(),
            steps: scenario.steps().cloned().collect(),
        }
    };
    Plan {
        parts: scenarios.iter().map(part).collect(),
    }
}

/// Composes the archive of the scenarios. The same parts give the same bytes.
pub(crate) fn compose(scenarios: &[&Scenario], plan: &Plan, parts: &Parts) -> Result<Archive> {
    let mut archive = Archive::default();
    let mut held = BTreeSet::new();
    archive.file(PLAN, 0o644, plan.to_string().into_bytes());
    add(&mut archive, "/init", &parts.payloads.join("init"))?;
    for scenario in scenarios {
        add_scenario(&mut archive, &mut held, scenario, parts)
            .with_context(|| format!("{}", scenario.path.display()))?;
    }
    Ok(archive)
}

/// Adds what a scenario holds, unless it is among the files and programs that are `held` already.
fn add_scenario<'s>(
    archive: &mut Archive,
    held: &mut BTreeSet<&'s str>,
    scenario: &'s Scenario,
    parts: &Parts,
) -> Result<()> {
    for name in scenario.payloads() {
        if held.insert(name) {
            let path = parts.payloads.join(name);
            add(archive, &format!("{PROGRAMS}/{name}"), &path)?;
        }
    }
    for name in &scenario.modules {
        if held.insert(name) {
            let path = parts.module(name)?;
            add(archive, &format!("{MODULES}/{name}"), &path)?;
        }
    }
    for name in &scenario.kernel_programs {
        let path = parts.kernel.dir.join("programs").join(name);
        if !path.is_file() {
            bail!(
                "unknown kernel program `{name}`: there is no {}",
                path.display()
            );
        }
        if held.insert(name) {
            add_program(archive, name, &path)?;
        }
    }
    for name in &scenario.programs {
        if held.insert(name) {
            add_program(archive, name, &payload::find(name)?)?;
        }
    }
    Ok(())
}

/// Adds a program that may be dynamic, with what it loads.
pub(crate) fn add_program(archive: &mut Archive, name: &str, path: &Path) -> Result<()> {
    add(archive, &format!("{PROGRAMS}/{name}"), path)?;
    for library in payload::libraries(path)? {
        add(archive, &library.to_string_lossy(), &library)?;
    }
    Ok(())
}

/// Adds the file `host` as `guest`, to be run or read.
pub(crate) fn add(archive: &mut Archive, guest: &str, host: &Path) -> Result<()> {
    let data = std::fs::read(host).with_context(|| format!("cannot read {}", host.display()))?;
    archive.file(guest, 0o755, data);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::tests::scenario;

    const TEXT: &str = "about: a\nflavors: [rust]\nmodules: [a.ko, stock/a.ko]\nprograms: [cpio]\n\
                        kernel-programs: [ucon]\nsteps: [load a.ko, run probes x, exec cpio]\n\
                        counts: {more-loads: {quick: 3, nightly: 5}}\n";

    fn parts(folder: &Path) {
        for name in ["modules", "programs", "stock/modules"] {
            std::fs::create_dir_all(folder.join(name)).unwrap();
        }
        for name in ["init", "probes", "modules/a.ko", "stock/modules/a.ko"] {
            std::fs::write(folder.join(name), name).unwrap();
        }
        let ucon = folder.join("programs/ucon");
        std::fs::copy(payload::find("cpio").unwrap(), ucon).unwrap();
    }

    fn composed(text: &str, folder: &Path) -> Result<Vec<u8>> {
        let scenario = scenario(text)?;
        let kernel = |flavor: &str, dir: PathBuf| Kernel {
            modules: dir.join("none"),
            dir,
            flavor: flavor.to_owned(),
            key: None,
        };
        let parts = Parts {
            kernel: &kernel("rust", folder.to_owned()),
            kernels: &[kernel("stock", folder.join("stock"))],
            payloads: folder,
        };
        let scenarios = [&scenario];
        let plan = plan(&scenarios, Some("^a b"), Some(7), true);
        let archive = compose(&scenarios, &plan, &parts)?;
        let mut bytes = Vec::new();
        archive.write_to(&mut bytes)?;
        Ok(bytes)
    }

    #[test]
    fn an_archive_holds_what_the_scenario_names_and_repeats_to_the_byte() {
        let folder = tempfile::tempdir().unwrap();
        parts(folder.path());
        let bytes = composed(TEXT, folder.path()).unwrap();
        for held in [
            "\0init\0",
            "\0plan\0",
            "bin/probes\0",
            "modules/a.ko\0",
            "modules/stock/a.ko\0",
            "stock/modules/a.ko",
            "bin/ucon\0",
            "bin/cpio\0",
            "libc.so.6\0",
            "env CN_FILTER=^a b\nenv CN_SEED=7\nenv CN_COUNT_MORE_LOADS=5\nload a.ko\nrun probes x\n",
        ] {
            let wanted = held.trim_start_matches('\0').as_bytes();
            let found = bytes.windows(wanted.len()).any(|window| window == wanted);
            assert!(found, "no {held:?}");
        }
        assert_eq!(bytes, composed(TEXT, folder.path()).unwrap());
    }

    #[test]
    fn what_is_not_there_is_named() {
        let folder = tempfile::tempdir().unwrap();
        parts(folder.path());
        for (old, new, complaint) in [
            ("[a.ko", "[b.ko, a.ko", "unknown module `b.ko`"),
            ("stock/a.ko", "stock/b.ko", "unknown module `stock/b.ko`"),
            (
                "stock/a.ko",
                "c/a.ko",
                "no kernel c for the module `c/a.ko`",
            ),
            ("[ucon]", "[ucon, vcon]", "unknown kernel program `vcon`"),
            ("[cpio]", "[cpio, no-such]", "no program `no-such`"),
        ] {
            let error = composed(&TEXT.replacen(old, new, 1), folder.path()).unwrap_err();
            assert!(format!("{error:#}").contains(complaint), "{error:#}");
        }
    }
}
