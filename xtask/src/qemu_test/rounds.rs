// SPDX-License-Identifier: MIT OR Apache-2.0

//! What is run several times, to find what fails now and then.

use std::path::Path;

use anyhow::Result;

use crate::kernel::Kernel;
use crate::queue;
use crate::run::{Host, Job, Run};
use crate::scenario::Scenario;

/// The guests of one round after the other.
pub(super) struct Rounds<'a>(Vec<Vec<Job<'a>>>);

impl<'a> Rounds<'a> {
    /// Each scenario on each of the `kernels` that it is for, `count` times.
    pub(super) fn new(
        scenarios: &'a [Scenario],
        kernels: &'a [Kernel],
        count: u16,
        folder: &Path,
    ) -> Self {
        let rounds = 1..=usize::from(count);
        Self(
            rounds
                .map(|round| jobs(scenarios, kernels, round, folder))
                .collect(),
        )
    }

    /// Makes all rounds one, so that no guest waits for the last one of a round.
    pub(super) fn into_one(self) -> Self {
        Self(vec![self.0.into_iter().flatten().collect()])
    }

    /// Runs one round after the other, and none after one of which `failed` says that it did.
    pub(super) fn run(
        &'a self,
        host: &Host,
        mut failed: impl FnMut(&[Run<'a>]) -> bool,
    ) -> Result<Vec<Run<'a>>> {
        let mut all = Vec::new();
        for jobs in &self.0 {
            let runs = queue::run_all(jobs, host)?;
            let stop = failed(&runs);
            all.extend(runs);
            if stop {
                break;
            }
        }
        Ok(all)
    }
}

fn jobs<'a>(
    scenarios: &'a [Scenario],
    kernels: &'a [Kernel],
    round: usize,
    folder: &Path,
) -> Vec<Job<'a>> {
    let mut jobs = Vec::new();
    for kernel in kernels {
        let here = scenarios
            .iter()
            .filter(|s| s.flavors.contains(&kernel.flavor));
        jobs.extend(here.map(|scenario| Job {
            scenario,
            kernel,
            plugin: None,
            round,
            folder: folder.join(&kernel.flavor).join(match round {
                1 => scenario.name.clone(),
                round => format!("{}-{round}", scenario.name),
            }),
        }));
    }
    jobs
}
