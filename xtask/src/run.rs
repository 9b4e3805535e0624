// SPDX-License-Identifier: MIT OR Apache-2.0

//! One guest from its archive to its verdict.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::accel::Accelerator;
use crate::allowance::Allowance;
use crate::archive::{self, Parts};
use crate::kernel::Kernel;
use crate::ktap::Parser;
use crate::qemu::Qemu;
use crate::scenario::Scenario;
use crate::symbols::SYSTEM_MAP;
use crate::verdict::{self, Observed, Verdict};
use crate::vm::{Logs, Said, Vm};

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
    /// From QEMU's start to its end.
    pub(crate) elapsed: Duration,
    /// Each test in the order in which they reported, and how long after QEMU's start it did.
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

    /// All that the guest said on the port of results.
    pub(crate) fn results(&self) -> PathBuf {
        Logs::within(&self.folder).results
    }

    /// The memory of the guest, in MiB.
    pub(crate) fn memory(&self) -> Result<u32> {
        Ok(self.scenario.memory * self.allowance()?.memory)
    }

    fn allowance(&self) -> Result<Allowance> {
        Allowance::of(&self.kernel.dir.join("config"))
    }

    /// Boots the guest, tells `progress` of each test, and judges.
    pub(crate) fn run(&self, host: &Host, mut progress: impl FnMut(&str)) -> Result<Run<'_>> {
        let archive = self.archive(host)?;
        let logs = Logs::within(&self.folder);
        let vm = Vm {
            kernel: &self.kernel.dir.join("image"),
            archive: &archive,
            cmdline: &self.scenario.cmdline,
            cpus: self.scenario.cpus,
            memory: self.memory()?,
            accelerator: host.accelerator,
            deadline: self.deadline(host, self.allowance()?),
            plugin: self.plugin.as_deref(),
            logs: &logs,
        };
        let mut log = Vec::new();
        let mut parser = Parser::default();
        let started = Instant::now();
        let mut reported = Vec::new();
        let mut ended = vm.run(host.qemu, |said| match said {
            Said::Log(line) => log.push(line),
            Said::Result(line) => {
                if let Some(test) = parser.push(&line) {
                    progress(&test.name);
                    reported.push((test.name.clone(), started.elapsed()));
                }
            }
        })?;
        let observed = Observed {
            log,
            results: parser.finish(ended.cut.take()),
            qemu: std::fs::read_to_string(&logs.qemu).context("cannot read what QEMU said")?,
            ended,
        };
        let flavor = &self.kernel.flavor;
        let filtered = host.filter.is_some();
        Ok(Run {
            job: self,
            verdict: verdict::judge(self.scenario, flavor, filtered, &observed)?,
            elapsed: observed.ended.elapsed,
            reported,
            transcripts: verdict::leaves(&observed.results)
                .into_iter()
                .map(|(path, test)| (path, test.transcript.clone()))
                .collect(),
        })
    }

    fn archive(&self, host: &Host) -> Result<PathBuf> {
        let parts = Parts {
            kernel: self.kernel,
            kernels: host.kernels,
            payloads: host.payloads,
        };
        // Each round has an order of its own.
        let seed = host.seed.map(|seed| seed.wrapping_add(self.round as u64));
        let plan = archive::plan(self.scenario, host.filter, seed, host.nightly);
        let archive = archive::compose(self.scenario, &plan, &parts)
            .with_context(|| format!("{}", self.scenario.path.display()))?;
        let path = self.folder.join("initramfs.cpio");
        let cannot = || format!("cannot write {}", path.display());
        std::fs::create_dir_all(&self.folder).with_context(cannot)?;
        // `cargo xtask log` sees by it whether the symbols at hand are those of this kernel.
        let symbols = self.kernel.dir.join(SYSTEM_MAP);
        std::fs::copy(&symbols, self.folder.join(SYSTEM_MAP))
            .with_context(|| format!("cannot copy {}", symbols.display()))?;
        let file = File::create(&path).with_context(cannot)?;
        archive
            .write_to(BufWriter::new(file))
            .with_context(cannot)?;
        Ok(path)
    }

    fn deadline(&self, host: &Host, allowance: Allowance) -> Duration {
        let factor = host.accelerator.kind.patience() * allowance.time;
        host.timeout.unwrap_or_else(|| self.scenario.budget(factor))
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
