// SPDX-License-Identifier: MIT OR Apache-2.0

//! Lines on the output, and a summary that stays below them on a terminal.

use std::io::{self, BufWriter, IsTerminal, Stdout, Write};
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::record::Record;

/// How often the summary changes.
const PERIOD: Duration = Duration::from_millis(250);

/// Where lines go.
pub(crate) struct Screen {
    out: BufWriter<Stdout>,
    json: bool,
    /// Whether somebody sees a summary, and when it was last brought up to date.
    summary: Option<Instant>,
    is_shown: bool,
}

impl Screen {
    pub(crate) fn new(json: bool) -> Self {
        Self {
            out: BufWriter::new(io::stdout()),
            json,
            summary: io::stderr().is_terminal().then(Instant::now),
            is_shown: false,
        }
    }

    pub(crate) fn print(&mut self, record: &Record) -> Result<()> {
        self.clear();
        if self.json {
            serde_json::to_writer(&mut self.out, record).map_err(io::Error::from)?;
            writeln!(self.out)?;
        } else {
            writeln!(self.out, "{record}")?;
        }
        Ok(())
    }

    pub(crate) fn flush(&mut self) -> Result<()> {
        Ok(self.out.flush()?)
    }

    /// Brings the summary up to date when it is time.
    pub(crate) fn show(&mut self, summary: impl FnOnce() -> String) -> Result<()> {
        if self.summary.is_some_and(|last| last.elapsed() >= PERIOD) {
            self.flush()?;
            eprint!("\r\x1b[K{}", summary());
            self.summary = Some(Instant::now());
            self.is_shown = true;
        }
        Ok(())
    }

    /// Ends with `table` in the summary's place.
    pub(crate) fn finish(&mut self, table: &str) -> Result<()> {
        self.clear();
        self.flush()?;
        if self.summary.is_some() {
            eprint!("{table}");
        }
        Ok(())
    }

    fn clear(&mut self) {
        if self.is_shown {
            eprint!("\r\x1b[K");
            self.is_shown = false;
        }
    }
}
