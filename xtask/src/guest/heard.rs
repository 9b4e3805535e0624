// SPDX-License-Identifier: MIT OR Apache-2.0

//! From all that a guest wrote to a verdict for each of its scenarios.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::ktap::{Parser, Results};
use crate::run::{Job, Run};
use crate::streams::{Place, Stream};
use crate::verdict::{self, Observed, Reason, Verdict};
use crate::vm::{Ended, Logs};

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
pub(super) struct Heard {
    /// The kernel log.
    pub(super) log: Stream,
    results: Stream,
    parts: Vec<Part>,
}

impl Heard {
    /// Nothing yet of the scenarios of `jobs`, which run in this order.
    pub(super) fn new(jobs: &[(usize, &Job)]) -> Self {
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
    pub(super) fn result(&mut self, line: String) -> Option<(usize, String)> {
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

    /// Judges each scenario by what belongs to it.
    pub(super) fn judge<'a>(
        mut self,
        jobs: &[(usize, &'a Job<'a>)],
        ended: &Ended,
        qemu: &str,
        filtered: bool,
    ) -> Result<Vec<(usize, Run<'a>)>> {
        let parts = std::mem::take(&mut self.parts);
        let mut runs = Vec::new();
        for ((index, part), &(number, job)) in parts.into_iter().enumerate().zip(jobs) {
            let elapsed = match part.begun.zip(part.ended) {
                _ if jobs.len() == 1 => ended.elapsed,
                Some((begun, ended)) => ended - begun,
                None => Duration::ZERO,
            };
            let observed = Observed {
                log: self.log.of(index),
                results: part.parser.finish(ended.cut.clone()),
                qemu: qemu.to_owned(),
                ended: ended.clone(),
            };
            if jobs.len() > 1 {
                write_part(&job.folder, &observed.log, &self.results.of(index))?;
            }
            let run = Run {
                job,
                verdict: self.verdict(index, job, filtered, &observed)?,
                elapsed,
                reported: part.reported,
                transcripts: transcripts(&observed.results),
            };
            runs.push((number, run));
        }
        Ok(runs)
    }

    fn verdict(
        &self,
        index: usize,
        job: &Job,
        filtered: bool,
        observed: &Observed,
    ) -> Result<Verdict> {
        let flavor = &job.kernel.flavor;
        let mut verdict = verdict::judge(job.scenario, flavor, filtered, observed)?;
        blame(&mut verdict, job, &self.results);
        // What came may be another scenario's.
        let announced = self.log.announces(index) && self.results.announces(index);
        if verdict.reasons.is_empty() && !announced {
            verdict.reasons.push(Reason {
                what: "the guest did not announce the scenario in its log and results".into(),
                excerpt: Vec::new(),
            });
        }
        Ok(verdict)
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

fn transcripts(results: &Results) -> BTreeMap<String, Vec<String>> {
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
