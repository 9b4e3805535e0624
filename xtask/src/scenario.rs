// SPDX-License-Identifier: MIT OR Apache-2.0

//! What to boot and what to expect of it: one YAML file a scenario.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use initramfs::plan::{Call, Step};
use regex::Regex;
use serde::Deserialize;

use crate::yaml::{self, Parsed};

/// A scenario as `NAME.yaml` gives it. Unknown keys are errors.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Scenario {
    /// The file's name without `.yaml`.
    #[serde(skip)]
    pub(crate) name: String,
    /// The file.
    #[serde(skip)]
    pub(crate) path: PathBuf,
    /// One sentence: what it shows.
    pub(crate) about: String,
    /// The flavors that it runs on.
    pub(crate) flavors: Vec<String>,
    /// Those of them on which it takes longer than each change may, unless it is asked for by name.
    #[serde(default)]
    pub(crate) nightly: Vec<String>,
    /// Virtual CPUs.
    #[serde(default = "one")]
    pub(crate) cpus: u32,
    /// In MiB, on a kernel that does not check itself.
    #[serde(default = "default_memory")]
    pub(crate) memory: u32,
    /// True if it must have a guest of its own. Others share one if they ask for the same command
    /// line and CPUs, provoke no report (`allow`) and expect neither failures nor a crash.
    #[serde(default)]
    pub(crate) alone: bool,
    /// Words added to the kernel's command line.
    #[serde(default)]
    pub(crate) cmdline: Vec<String>,
    /// Seconds under KVM on a kernel that does not check itself, from QEMU's start to its end.
    #[serde(default = "default_budget")]
    budget: u64,
    /// Numbers of repetitions of tests that find races by them, by the names that the tests read them
    /// under; see [`Count`].
    #[serde(default)]
    counts: BTreeMap<String, Count>,
    /// Modules that the guest holds: `NAME.ko` of its own kernel, `FLAVOR/NAME.ko` of another's.
    #[serde(default)]
    pub(crate) modules: Vec<String>,
    /// Programs of the distribution that the guest holds, with the libraries they load.
    #[serde(default)]
    pub(crate) programs: Vec<String>,
    /// Programs from the kernel's own tree that the guest holds.
    #[serde(default)]
    pub(crate) kernel_programs: Vec<String>,
    /// What PID 1 does, in order; see [`Step`].
    pub(crate) steps: Vec<Parsed<Step>>,
    /// Each must match a line of the kernel log.
    #[serde(default)]
    pub(crate) expect: Vec<Parsed<Regex>>,
    /// None may match a line of the kernel log.
    #[serde(default)]
    pub(crate) forbid: Vec<Parsed<Regex>>,
    /// Reports in the kernel log that the scenario provokes on purpose. Each must occur.
    #[serde(default)]
    pub(crate) allow: Vec<Allowed>,
    /// Tests that must fail on a flavor.
    #[serde(default)]
    pub(crate) expected_failures: Vec<ExpectedFailure>,
    /// Flavors whose kernel must die of the scenario.
    #[serde(default)]
    pub(crate) expected_crashes: Vec<ExpectedCrash>,
}

/// Numbers of repetitions: few for each change, and many for each night.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Count {
    quick: NonZeroU32,
    nightly: NonZeroU32,
}

/// A report that is no failure.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Allowed {
    /// Matches a line of the report.
    pub(crate) pattern: Parsed<Regex>,
    /// Why the scenario provokes it.
    pub(crate) why: String,
}

/// A test that must fail; when it passes, that is a failure.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExpectedFailure {
    /// Where it fails.
    pub(crate) flavor: String,
    /// As `step/test`, for example `run probes table/the-header-comes-first`.
    pub(crate) tests: Vec<String>,
    /// Matches a line of what each of them says: they fail because of this, and nothing else.
    pub(crate) says: Parsed<Regex>,
    /// Why they fail there.
    pub(crate) why: String,
}

/// A crash of the kernel that must come, in place of a good end.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExpectedCrash {
    /// Whose kernel crashes.
    pub(crate) flavor: String,
    /// Each matches a line of its reports, and the first report has one that one of them matches.
    pub(crate) patterns: Vec<Parsed<Regex>>,
    /// Why it crashes there.
    pub(crate) why: String,
}

fn one() -> u32 {
    1
}

fn default_memory() -> u32 {
    128
}

fn default_budget() -> u64 {
    30
}

impl Scenario {
    fn load(path: &Path) -> Result<Self> {
        let mut scenario: Self = yaml::load(path)?;
        path.clone_into(&mut scenario.path);
        scenario.name = path
            .file_stem()
            .context("a scenario file needs a name")?
            .to_string_lossy()
            .into_owned();
        scenario
            .check()
            .with_context(|| format!("{}", path.display()))?;
        Ok(scenario)
    }

    fn check(&self) -> Result<()> {
        ensure!(!self.steps.is_empty(), "`steps` is empty: add one");
        ensure!(!self.flavors.is_empty(), "`flavors` is empty: add one");
        for flavor in &self.nightly {
            ensure!(
                self.flavors.contains(flavor),
                "`nightly` names the flavor {flavor}, which is not among `flavors`"
            );
        }
        for name in self.counts.keys() {
            let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            ensure!(
                !name.is_empty() && name.chars().all(fits),
                "`counts` has the name `{name}`: use only a-z, 0-9 and `-`"
            );
        }
        let mut seen = BTreeSet::new();
        for step in self.steps() {
            if let Step::Load { module, .. } = step {
                ensure!(
                    self.modules.contains(module),
                    "`{step}` needs {module} in `modules`"
                );
            }
            ensure!(
                !matches!(step, Step::Attach(_)),
                "`{step}` is for a person, and a scenario has none; use `run` or `exec`"
            );
            ensure!(seen.insert(step.to_string()), "`{step}` stands there twice");
        }
        for crash in &self.expected_crashes {
            let flavor = &crash.flavor;
            ensure!(
                !crash.patterns.is_empty(),
                "`patterns` of the crash on {flavor} is empty: add what its report says"
            );
        }
        for failure in &self.expected_failures {
            let flavor = &failure.flavor;
            ensure!(
                !failure.tests.is_empty(),
                "`tests` of the failure on {flavor} is empty: add what fails"
            );
        }
        let failures = self.expected_failures.iter().map(|failure| &failure.flavor);
        let crashes = self.expected_crashes.iter().map(|crash| &crash.flavor);
        let failures = failures.map(|flavor| ("expected-failures", flavor));
        let crashes = crashes.map(|flavor| ("expected-crashes", flavor));
        for (key, flavor) in failures.chain(crashes) {
            ensure!(
                self.flavors.contains(flavor),
                "`{key}` names the flavor {flavor}, on which the scenario does not run"
            );
        }
        Ok(())
    }

    /// The crash that must come on `flavor`, if one must.
    pub(crate) fn crash_on(&self, flavor: &str) -> Option<&ExpectedCrash> {
        let mut all = self.expected_crashes.iter();
        all.find(|crash| crash.flavor == flavor)
    }

    /// Returns true if a test or the kernel must fail on `flavor`.
    pub(crate) fn fails_on(&self, flavor: &str) -> bool {
        let mut failures = self.expected_failures.iter();
        self.crash_on(flavor).is_some() || failures.any(|failure| failure.flavor == flavor)
    }

    /// The steps in their order.
    pub(crate) fn steps(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().map(|step| &step.0)
    }

    /// The programs that are crates of this workspace: what the steps call and neither the
    /// distribution nor the kernel supplies.
    pub(crate) fn payloads(&self) -> BTreeSet<&str> {
        self.steps()
            .filter_map(|step| match step {
                Step::Run(Call { program, .. }) | Step::Exec(Call { program, .. }) => {
                    Some(program.as_str())
                }
                Step::Load { .. } | Step::Unload { .. } | Step::Attach(_) => None,
            })
            .filter(|program| {
                let is_it = |other: &String| other == program;
                !self.programs.iter().any(is_it) && !self.kernel_programs.iter().any(is_it)
            })
            .collect()
    }

    /// The flavors that modules are taken from, apart from that of the guest's kernel.
    pub(crate) fn suppliers(&self) -> impl Iterator<Item = &str> {
        self.modules
            .iter()
            .filter_map(|module| module.split_once('/'))
            .map(|(flavor, _)| flavor)
    }

    /// Returns each name of `counts` with its number for this tier.
    pub(crate) fn counts(&self, nightly: bool) -> impl Iterator<Item = (&str, NonZeroU32)> {
        self.counts.iter().map(move |(name, count)| {
            let number = if nightly { count.nightly } else { count.quick };
            (name.as_str(), number)
        })
    }

    /// How long a run may take on a machine that is `factor` times as slow as KVM.
    pub(crate) fn budget(&self, factor: u32) -> Duration {
        Duration::from_secs(self.budget) * factor
    }
}

/// Reads all scenarios of a folder, in the order of their names.
pub(crate) fn load_all(folder: &Path) -> Result<Vec<Scenario>> {
    let cannot = || format!("cannot read the scenarios in {}", folder.display());
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(cannot)? {
        let path = entry.with_context(cannot)?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "yaml")
        {
            paths.push(path);
        }
    }
    paths.sort();
    paths.iter().map(|path| Scenario::load(path)).collect()
}

/// Keeps those that are named, all when none is. A name that nothing has is an error.
pub(crate) fn select(scenarios: Vec<Scenario>, names: &[String]) -> Result<Vec<Scenario>> {
    for name in names {
        if !scenarios.iter().any(|scenario| scenario.name == *name) {
            let known: Vec<_> = scenarios.iter().map(|s| s.name.as_str()).collect();
            bail!("unknown scenario `{name}`; there are {}", known.join(", "));
        }
    }
    Ok(scenarios
        .into_iter()
        .filter(|scenario| names.is_empty() || names.contains(&scenario.name))
        .collect())
}

#[cfg(test)]
pub(crate) mod tests;
