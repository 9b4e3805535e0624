// SPDX-License-Identifier: MIT OR Apache-2.0

//! Runs guests, two at a time where there are processors for all of theirs.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Sender};
use std::thread;

use anyhow::{Result, ensure};

use crate::processors::Processors;
use crate::run::{Host, Job, Run};
use crate::stage::Stage;

/// More than this disturb each other's clocks.
const AT_ONCE: usize = 2;

enum Message<'a> {
    /// A guest reported a test.
    Test(String),
    /// A guest is gone. The number is that of the job.
    Ended(usize, Result<Run<'a>>),
}

/// Runs all `jobs` and returns what came of them in their order. When one cannot be run at all,
/// no further one is started.
pub(crate) fn run_all<'a>(jobs: &'a [Job<'a>], host: &Host) -> Result<Vec<Run<'a>>> {
    let mut stage = Stage::start(format!("guests: {}", jobs.len()));
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let processors = Processors::new(cores);
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    let mut ended: Vec<(usize, Run)> = Vec::new();
    thread::scope(|scope| -> Result<()> {
        for _ in 0..cores.min(AT_ONCE).min(jobs.len()) {
            let sender = sender.clone();
            scope.spawn(|| work(jobs, host, &next, &processors, sender));
        }
        drop(sender);
        for message in receiver {
            match message {
                Message::Test(name) => stage.progress(name),
                Message::Ended(number, Ok(run)) => {
                    let elapsed = run.elapsed.as_secs_f64();
                    let (name, outcome) = (run.job.name(), run.outcome());
                    stage.note(format_args!("{elapsed:7.1}s {name}: {outcome}"));
                    ended.push((number, run));
                }
                Message::Ended(_, Err(error)) => {
                    next.store(jobs.len(), Ordering::Relaxed);
                    return Err(error);
                }
            }
        }
        Ok(())
    })?;
    ensure!(
        ended.len() == jobs.len(),
        "a guest was lost; this is a defect of xtask"
    );
    stage.done("all ended");
    ended.sort_by_key(|(number, _)| *number);
    Ok(ended.into_iter().map(|(_, run)| run).collect())
}

fn work<'a>(
    jobs: &'a [Job<'a>],
    host: &Host,
    next: &AtomicUsize,
    processors: &Processors,
    sender: Sender<Message<'a>>,
) {
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let Some(job) = jobs.get(number) else { return };
        let _taken = processors.take(job.scenario.cpus);
        let run = job.run(host, |test| {
            // Whoever listened is gone only when all of this is.
            let _ = sender.send(Message::Test(format!("{}: {test}", job.name())));
        });
        if sender.send(Message::Ended(number, run)).is_err() {
            return;
        }
    }
}
