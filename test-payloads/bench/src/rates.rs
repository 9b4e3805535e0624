// SPDX-License-Identifier: MIT OR Apache-2.0

//! How many messages a second several tasks send at once, by the wall clock.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use connector::Id;
use nix::libc::NETLINK_CONNECTOR;
use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;

use crate::driver::{Driver, IDX};
use crate::figure::Figure;
use crate::netlink::{Socket, request};

/// How many tasks send at once, each on a processor of its own.
const TASKS: [u32; 3] = [1, 2, 4];

/// How long they send.
const PERIOD: Duration = Duration::from_millis(400);

/// Between two looks at the clock.
const BATCH: u64 = 64;

/// The port of the first task.
const PORT: u32 = 2000;

/// Measures with all tasks sending to one id, and each to its own.
pub(crate) fn measure_all() -> Result<Vec<Figure>> {
    let driver = Driver::open()?;
    driver.expect("fill 4", 0)?;
    let mut figures = Vec::new();
    for (name, own) in [("one id", false), ("an id each", true)] {
        for tasks in TASKS {
            let before = driver.number("received")?;
            let (sent, rate) = all_sent(tasks, own)?;
            let received = driver.number("received")?.wrapping_sub(before);
            ensure!(
                u64::from(received) == sent,
                "{received} of {sent} messages were received"
            );
            figures.push(Figure::rate(format!("{name}/{tasks} tasks"), rate));
        }
    }
    driver.expect("clear", 0)?;
    Ok(figures)
}

/// How many messages the tasks sent, and how many a second.
fn all_sent(tasks: u32, own: bool) -> Result<(u64, u64)> {
    let start = Barrier::new(usize::try_from(tasks).context("too many tasks")?);
    let counts: Vec<Result<(u64, Duration)>> = thread::scope(|scope| {
        let sender = |task| {
            let id = Id::new(IDX, if own { task + 1 } else { 1 });
            let start = &start;
            scope.spawn(move || sent(task, id, start))
        };
        let threads: Vec<_> = (0..tasks).map(sender).collect();
        let ended = threads.into_iter().map(|thread| {
            let result = thread.join();
            result.unwrap_or_else(|_| Err(anyhow::anyhow!("a task panicked")))
        });
        ended.collect()
    });
    let (mut all, mut rate) = (0, 0.0);
    for count in counts {
        let (sent, elapsed) = count?;
        all += sent;
        rate += sent as f64 / elapsed.as_secs_f64();
    }
    Ok((all, rate as u64))
}

/// What one task sends in the period.
fn sent(task: u32, id: Id, start: &Barrier) -> Result<(u64, Duration)> {
    let prepared = prepare(task, id);
    // Also after a failure: the others wait.
    start.wait();
    let (socket, request) = prepared?;
    let started = Instant::now();
    let mut count = 0;
    while started.elapsed() < PERIOD {
        for _ in 0..BATCH {
            socket.send(&request).context("cannot send")?;
        }
        count += BATCH;
    }
    Ok((count, started.elapsed()))
}

fn prepare(task: u32, id: Id) -> Result<(Socket, Vec<u8>)> {
    let mut cpus = CpuSet::new();
    let cpu = usize::try_from(task).context("too many tasks")?;
    cpus.set(cpu).context("too many processors")?;
    sched_setaffinity(Pid::from_raw(0), &cpus)
        .with_context(|| format!("cannot run on processor {cpu}"))?;
    let socket = Socket::open(NETLINK_CONNECTOR, PORT + task, 0)?;
    Ok((socket, request(id, 0)?))
}
