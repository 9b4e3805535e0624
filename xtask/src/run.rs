// SPDX-License-Identifier: MIT OR Apache-2.0

//! A scenario on a kernel, and what came of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;

use crate::accel::Accelerator;
use crate::allowance::Allowance;
use crate::kernel::Kernel;
use crate::qemu::Qemu;
use crate::scenario::Scenario;
use crate::verdict::Verdict;
use crate::vm::Logs;

/// What all guests share.
pub(crate) struct Host<'a> {
    /// What boots them.
    pub(crate) qemu: &'a Qemu,
    /// What runs them.
    pub(crate) accelerator: &'a Accelerator,
    /// Where modules of other flavors than the guest's come from.
    pub(crate) kernels: &'a [Kernel],
    /// The folder of PID 1 and the payloads.
    pub(crate) payloads: &'a Path,
    /// The user's choice of tests.
    pub(crate) filter: Option<&'a str>,
    /// What the order of the tests of a group follows from, if it is not their own.
    pub(crate) seed: Option<u64>,
    /// The larger counts of the scenarios are used.
    pub(crate) nightly: bool,
    /// The user's deadline, in place of the scenario's budget.
    pub(crate) timeout: Option<Duration>,
    /// How many guests there may be at a time, if the user says so.
    pub(crate) jobs: Option<usize>,
}

/// A guest to be run.
pub(crate) struct Job<'a> {
    /// What it does.
    pub(crate) scenario: &'a Scenario,
    /// What it boots.
    pub(crate) kernel: &'a Kernel,
    /// A plugin of QEMU and its arguments, as QEMU takes them.
    pub(crate) plugin: Option<String>,
    /// Counted from 1, when the same is run several times.
    pub(crate) round: usize,
    /// Where its files go.
    pub(crate) folder: PathBuf,
}

/// What came of it.
pub(crate) struct Run<'a> {
    /// What was run.
    pub(crate) job: &'a Job<'a>,
    /// Why it failed, if it did, and its tests.
    pub(crate) verdict: Verdict,
    /// From QEMU's start to its end, or, in a shared guest, from the scenario's first result to its
    /// last.
    pub(crate) elapsed: Duration,
    /// Each test in the order in which they reported, and the time from the scenario's first line.
    pub(crate) reported: Vec<(String, Duration)>,
    /// By `step/test`: what the tests saw.
    pub(crate) transcripts: BTreeMap<String, Vec<String>>,
}

impl Job<'_> {
    /// For people, for example `rust/events` or `rust/events #2`.
    pub(crate) fn name(&self) -> String {
        let name = format!("{}/{}", self.kernel.flavor, self.scenario.name);
        match self.round {
            1 => name,
            round => format!("{name} #{round}"),
        }
    }

    /// The kernel log.
    pub(crate) fn log(&self) -> PathBuf {
        Logs::within(&self.folder).console
    }

    /// The results in KTAP.
    pub(crate) fn results(&self) -> PathBuf {
        Logs::within(&self.folder).results
    }

    /// Returns true if both can run in one guest, one after the other: where nothing of the one is
    /// expected to show in the other, and both ask for the same machine.
    pub(crate) fn shares_with(&self, other: &Self) -> bool {
        let alone = |job: &Self| {
            let scenario = job.scenario;
            // A defect that a test shows may spoil the kernel for those behind it.
            let fails = scenario.fails_on(&job.kernel.flavor);
            scenario.alone || fails || !scenario.allow.is_empty() || job.plugin.is_some()
        };
        let machine = |job: &Self| (job.scenario.cpus, job.round, job.kernel.dir.clone());
        !alone(self)
            && !alone(other)
            && machine(self) == machine(other)
            && self.scenario.cmdline == other.scenario.cmdline
    }

    /// The further time and memory that its kernel needs.
    pub(crate) fn allowance(&self) -> Result<Allowance> {
        Allowance::of(&self.kernel.dir.join("config"))
    }
}

impl Run<'_> {
    /// Whether there is no reason why it failed.
    pub(crate) fn passed(&self) -> bool {
        self.verdict.reasons.is_empty()
    }

    /// What came of it in a few words.
    pub(crate) fn outcome(&self) -> &'static str {
        match (self.passed(), self.verdict.crashed) {
            (false, _) => "FAILED",
            (true, true) => "ok, crashed as expected",
            (true, false) => "ok",
        }
    }
}
