// SPDX-License-Identifier: MIT OR Apache-2.0

//! Runs guests, as many at a time as there are processors and memory for.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Sender};
use std::thread;

use anyhow::{Result, ensure};

use crate::guest::Guest;
use crate::run::{Host, Job, Run};
use crate::share::Share;
use crate::stage::Stage;

enum Message<'a> {
    /// A guest reported a test.
    Test(String),
    /// A guest is gone; each run has the number of its job.
    Ended(Result<Vec<(usize, Run<'a>)>>),
}

/// Runs all `jobs`, in as few guests as can be, and returns what came of them in their order. When a
/// guest cannot be run at all, no further one is started.
pub(crate) fn run_all<'a>(jobs: &'a [Job<'a>], host: &Host) -> Result<Vec<Run<'a>>> {
    let guests = Guest::share(jobs);
    let mut stage = Stage::start(format!(
        "scenarios: {} in {} guests",
        jobs.len(),
        guests.len()
    ));
    let share = Share::of_host();
    let at_once = host.jobs.unwrap_or(usize::MAX).min(share.processors());
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    let mut ended: Vec<(usize, Run)> = Vec::new();
    thread::scope(|scope| -> Result<()> {
        for _ in 0..at_once.min(guests.len()) {
            let sender = sender.clone();
            scope.spawn(|| work(&guests, host, &next, &share, sender));
        }
        drop(sender);
        for message in receiver {
            match message {
                Message::Test(name) => stage.progress(name),
                Message::Ended(Ok(runs)) => {
                    for (_, run) in &runs {
                        let elapsed = run.elapsed.as_secs_f64();
                        let (name, outcome) = (run.job.name(), run.outcome());
                        stage.note(format_args!("{elapsed:7.1}s {name}: {outcome}"));
                    }
                    ended.extend(runs);
                }
                Message::Ended(Err(error)) => {
                    next.store(guests.len(), Ordering::Relaxed);
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
    guests: &[Guest<'a>],
    host: &Host,
    next: &AtomicUsize,
    share: &Share,
    sender: Sender<Message<'a>>,
) {
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let Some(guest) = guests.get(number) else {
            return;
        };
        let runs = guest.memory().and_then(|memory| {
            let _taken = share.take(guest.processors(host), memory);
            guest.run(host, |job, test| {
                // Whoever listened is gone only when all of this is.
                let _ = sender.send(Message::Test(format!("{}: {test}", job.name())));
            })
        });
        if sender.send(Message::Ended(runs)).is_err() {
            return;
        }
    }
}
