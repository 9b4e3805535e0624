// SPDX-License-Identifier: MIT OR Apache-2.0

//! `procwatch`: shows which processes start, run programs and end, and says what it missed.

mod filter;
mod record;
mod screen;
mod summary;

use std::collections::HashMap;
use std::io::ErrorKind;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Parser;
use connector::process::{Notice, RECEIVE_BUFFER, Synthetic, Watch};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;

use crate::filter::Filter;
use crate::record::Record;
use crate::screen::Screen;
use crate::summary::Summary;

const EXAMPLES: &str = "\
Examples:
  procwatch                         forks, programs and ends, until Ctrl-C
  procwatch -e exec --name cc       who runs the compiler
  procwatch -e exit --failed        who fails, and how
  procwatch --json | jq .command    for other programs, one object a line";

/// Shows which processes start, run programs and end.
#[derive(Parser)]
#[command(version, after_help = EXAMPLES)]
struct Options {
    #[command(flatten)]
    filter: Filter,
    /// Print a JSON object a line
    #[arg(long)]
    json: bool,
    /// Print the processes that there are already, too
    #[arg(long)]
    existing: bool,
    /// Stop after this many seconds
    #[arg(long, value_name = "SECONDS")]
    seconds: Option<u64>,
    /// Stop after this many lines
    #[arg(long, value_name = "LINES")]
    lines: Option<usize>,
    /// Ask for a receive buffer of this many bytes
    #[arg(long, value_name = "BYTES", default_value_t = RECEIVE_BUFFER)]
    buffer: usize,
}

/// How long nothing may happen before the summary on the terminal is brought up to date.
const TICK: Duration = Duration::from_millis(250);

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads has read enough.
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("procwatch: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let io = error.downcast_ref::<std::io::Error>();
    io.is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

fn run(options: &Options) -> Result<()> {
    let stopped = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        flag::register(signal, Arc::clone(&stopped)).context("cannot watch for Ctrl-C")?;
    }
    let mut watch = Watch::with_receive_buffer(options.buffer).context("cannot watch processes")?;
    let end = options
        .seconds
        .map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let mut screen = Screen::new(options.json);
    let mut summary = Summary::new();
    let mut births = HashMap::new();
    let mut settled = options.existing;
    let is_over = |summary: &Summary| {
        stopped.load(Ordering::Relaxed)
            || end.is_some_and(|end| Instant::now() >= end)
            || options.lines.is_some_and(|most| summary.shown >= most)
    };
    while !is_over(&summary) {
        let mut notice = watch.try_next()?;
        if notice.is_none() {
            // Whoever reads along is to see what there is before more comes.
            screen.flush()?;
            notice = watch.next_within(TICK)?;
        }
        if let Some(notice) = notice {
            summary.count(&notice);
            // What was there before the start is no news.
            let is_old = !settled && matches!(notice, Notice::Synthetic(Synthetic::Appeared(_)));
            settled |= matches!(notice, Notice::InStep);
            let record = Record::of(&notice, watch.processes(), &mut births);
            if !is_old && options.filter.wants(&record) {
                screen.print(&record)?;
                summary.shown += 1;
            }
        }
        screen.show(|| summary.line(watch.processes().len()))?;
    }
    screen.finish(&summary.table(watch.processes().len()))
}
