// SPDX-License-Identifier: MIT OR Apache-2.0

//! A guest from its archive to its verdicts: one for each of the scenarios that share it.

mod heard;
#[cfg(test)]
mod tests;

use std::cell::Cell;
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::accel::Kind;
use crate::archive::{self, Parts};
use crate::run::{Host, Job, Run};
use crate::scenario::Scenario;
use crate::streams::Place;
use crate::symbols::SYSTEM_MAP;
use crate::vm::{Logs, Said, Vm};
use heard::Heard;

/// The folder of a shared guest's own files, in that of its first scenario.
const SHARED: &str = "guest";

/// Jobs of one guest, each with its number among all; at least one.
pub(crate) struct Guest<'a> {
    jobs: Vec<(usize, &'a Job<'a>)>,
}

impl<'a> Guest<'a> {
    /// Puts `jobs` into as few guests as can be, those that may take longest first.
    pub(crate) fn share(jobs: &'a [Job<'a>]) -> Vec<Self> {
        let mut guests: Vec<Self> = Vec::new();
        for (number, job) in jobs.iter().enumerate() {
            let fits =
                |guest: &&mut Self| guest.jobs.iter().all(|(_, other)| job.shares_with(other));
            match guests.iter_mut().find(fits) {
                Some(guest) => guest.jobs.push((number, job)),
                None => guests.push(Self {
                    jobs: vec![(number, job)],
                }),
            }
        }
        guests.sort_by_cached_key(|guest| std::cmp::Reverse(guest.patience()));
        guests
    }

    /// The processors of the host that it keeps busy. Emulated CPUs seldom are at the same time: the
    /// tests are short and wait for each other.
    pub(crate) fn processors(&self, host: &Host) -> u32 {
        match host.accelerator.kind {
            Kind::Kvm => self.first().scenario.cpus,
            Kind::Tcg | Kind::Foreign | Kind::Counting => 1,
        }
    }

    /// The memory that the largest of the scenarios needs, in MiB.
    pub(crate) fn memory(&self) -> Result<u32> {
        let memory = self.jobs.iter().map(|(_, job)| job.scenario.memory).max();
        Ok(memory.unwrap_or_default() * self.first().allowance()?.memory)
    }

    /// Boots the guest, calls `progress` with each test that reports, and judges; returns each run
    /// with the number of its job.
    pub(crate) fn run(
        &self,
        host: &Host,
        mut progress: impl FnMut(&Job, &str),
    ) -> Result<Vec<(usize, Run<'a>)>> {
        let archive = self.archive(host)?;
        let logs = Logs::within(&self.folder());
        let factor = host.accelerator.kind.patience() * self.first().allowance()?.time;
        let budget = |job: &Job| host.timeout.unwrap_or_else(|| job.scenario.budget(factor));
        let vm = Vm {
            kernel: &self.first().kernel.dir.join("image"),
            archive: &archive,
            cmdline: &self.first().scenario.cmdline,
            cpus: self.first().scenario.cpus,
            memory: self.memory()?,
            accelerator: host.accelerator,
            deadline: Cell::new(budget(self.first())),
            plugin: self.first().plugin.as_deref(),
            logs: &logs,
        };
        let mut heard = Heard::new(&self.jobs);
        let started = Instant::now();
        let ended = vm.run(host.qemu, |said| match said {
            Said::Log(line) => {
                let before = heard.log.place();
                // A hang is found as soon as in a guest of its own.
                match heard.log.push(line) {
                    Place::Within(number @ 1..) if before != Place::Within(number) => {
                        let now = started.elapsed();
                        vm.deadline.set(now + budget(self.jobs[number].1));
                    }
                    _ => {}
                }
            }
            Said::Result(line) => {
                if let Some((part, test)) = heard.result(line) {
                    progress(self.jobs[part].1, &test);
                }
            }
        })?;
        let qemu = fs::read_to_string(&logs.qemu).context("cannot read what QEMU said")?;
        heard.judge(&self.jobs, &ended, &qemu, host.filter.is_some())
    }

    fn first(&self) -> &'a Job<'a> {
        self.jobs[0].1
    }

    /// The folder of the guest's own files: that of its only scenario, or one beside the parts of
    /// the logs that belong to each.
    fn folder(&self) -> PathBuf {
        match self.jobs.len() {
            1 => self.first().folder.clone(),
            _ => self.first().folder.join(SHARED),
        }
    }

    /// The time that it may take beside other guests on the same machine.
    fn patience(&self) -> Duration {
        let allowance = self.first().allowance();
        let factor = allowance.map_or(1, |allowance| allowance.time);
        let scenarios = self.jobs.iter().map(|(_, job)| job.scenario);
        scenarios.map(|scenario| scenario.budget(factor)).sum()
    }

    fn archive(&self, host: &Host) -> Result<PathBuf> {
        let kernel = self.first().kernel;
        let parts = Parts {
            kernel,
            kernels: host.kernels,
            payloads: host.payloads,
        };
        // Each round has an order of its own.
        let round = self.first().round as u64;
        let seed = host.seed.map(|seed| seed.wrapping_add(round));
        let scenarios: Vec<&Scenario> = self.jobs.iter().map(|(_, job)| job.scenario).collect();
        let plan = archive::plan(&scenarios, host.filter, seed, host.nightly);
        let archive = archive::compose(&scenarios, &plan, &parts)?;
        for (_, job) in &self.jobs {
            // `cargo xtask log` sees by it whether the symbols at hand are those of this kernel.
            create(&job.folder)?;
            let symbols = kernel.dir.join(SYSTEM_MAP);
            fs::copy(&symbols, job.folder.join(SYSTEM_MAP))
                .with_context(|| format!("cannot copy {}", symbols.display()))?;
        }
        let path = self.folder().join("initramfs.cpio");
        create(&self.folder())?;
        let cannot = || format!("cannot write {}", path.display());
        let file = File::create(&path).with_context(cannot)?;
        archive
            .write_to(BufWriter::new(file))
            .with_context(cannot)?;
        Ok(path)
    }
}

fn create(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))
}
