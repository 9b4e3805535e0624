// SPDX-License-Identifier: MIT OR Apache-2.0

//! A guest from its archive to its verdicts: one for each of the scenarios that share it.

use std::cell::Cell;
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::accel::Kind;
use crate::archive::{self, Parts};
use crate::ktap::{Parser, Results};
use crate::run::{Host, Job, Run};
use crate::scenario::Scenario;
use crate::streams::{Place, Stream};
use crate::symbols::SYSTEM_MAP;
use crate::verdict::{self, Observed, Reason, Verdict};
use crate::vm::{Ended, Logs, Said, Vm};

/// The folder of a shared guest's own files, in that of its first scenario.
const SHARED: &str = "guest";

/// Jobs of one guest, each with its number among all; at least one.
pub(crate) struct Guest<'a> {
    jobs: Vec<(usize, &'a Job<'a>)>,
}

/// The results of one scenario as they come.
#[derive(Default)]
struct Part {
    parser: Parser,
    begun: Option<Instant>,
    ended: Option<Instant>,
    /// As [`Run::reported`].
    reported: Vec<(String, Duration)>,
}

/// All that a guest wrote.
struct Heard {
    log: Stream,
    results: Stream,
    parts: Vec<Part>,
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

impl Heard {
    fn new(jobs: &[(usize, &Job)]) -> Self {
        let names = jobs.iter().map(|(_, job)| job.scenario.name.clone());
        let names: Vec<String> = names.collect();
        Self {
            log: Stream::new(names.clone()),
            results: Stream::new(names),
            parts: jobs.iter().map(|_| Part::default()).collect(),
        }
    }

    /// Takes a line of the port of results; returns the test that it reports, with the number of its
    /// scenario.
    fn result(&mut self, line: String) -> Option<(usize, String)> {
        let now = Instant::now();
        match self.results.push(line.clone()) {
            Place::Within(number) => {
                let part = &mut self.parts[number];
                let begun = *part.begun.get_or_insert(now);
                part.ended = Some(now);
                let name = part.parser.push(&line)?.name.clone();
                part.reported.push((name.clone(), now - begun));
                Some((number, name))
            }
            Place::Before | Place::After => {
                self.parts.iter_mut().for_each(|part| {
                    part.parser.push(&line);
                });
                None
            }
        }
    }

    fn judge<'a>(
        self,
        jobs: &[(usize, &'a Job<'a>)],
        ended: &Ended,
        qemu: &str,
        filtered: bool,
    ) -> Result<Vec<(usize, Run<'a>)>> {
        let Self {
            log,
            results,
            parts,
        } = self;
        let shared = jobs.len() > 1;
        let mut runs = Vec::new();
        for ((index, part), &(number, job)) in parts.into_iter().enumerate().zip(jobs) {
            let observed = Observed {
                log: log.of(index),
                results: part.parser.finish(ended.cut.clone()),
                qemu: qemu.to_owned(),
                ended: ended.clone(),
            };
            let flavor = &job.kernel.flavor;
            let mut verdict = verdict::judge(job.scenario, flavor, filtered, &observed)?;
            if shared {
                write_part(&job.folder, &observed.log, &results.of(index))?;
                blame(&mut verdict, job, &results);
            }
            // What came may be another scenario's.
            let announced = log.announces(index) && results.announces(index);
            if verdict.reasons.is_empty() && !announced {
                verdict.reasons.push(Reason {
                    what: "the guest did not announce the scenario in its log and results".into(),
                    excerpt: Vec::new(),
                });
            }
            let elapsed = match (shared, part.begun.zip(part.ended)) {
                (true, Some((begun, ended))) => ended - begun,
                (true, None) => Duration::ZERO,
                (false, _) => ended.elapsed,
            };
            runs.push((
                number,
                Run {
                    job,
                    transcripts: transcripts(&observed.results),
                    verdict,
                    elapsed,
                    reported: part.reported,
                },
            ));
        }
        Ok(runs)
    }
}

/// Names the scenario in which a shared guest ended, in the verdicts of the others.
fn blame(verdict: &mut Verdict, job: &Job, results: &Stream) {
    let Some(culprit) = results.broken_off() else {
        return;
    };
    if culprit != job.scenario.name {
        let flavor = &job.kernel.flavor;
        let reason = Reason {
            what: format!("the guest ended in {flavor}/{culprit}, which shares it: see there"),
            excerpt: Vec::new(),
        };
        // Reports from the scenario's own time come first.
        let reports = verdict.reasons.iter();
        let place = reports
            .take_while(|r| r.what.starts_with("the kernel "))
            .count();
        verdict.reasons.insert(place, reason);
    }
}

fn transcripts(results: &Results) -> std::collections::BTreeMap<String, Vec<String>> {
    verdict::leaves(results)
        .into_iter()
        .map(|(path, test)| (path, test.transcript.clone()))
        .collect()
}

/// Writes the lines that belong to one scenario where those of a guest of its own would be.
fn write_part(folder: &Path, log: &[String], results: &[String]) -> Result<()> {
    let logs = Logs::within(folder);
    for (path, lines) in [(logs.console, log), (logs.results, results)] {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

fn create(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))
}

#[cfg(test)]
mod tests;
