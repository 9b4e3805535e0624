// SPDX-License-Identifier: MIT OR Apache-2.0

//! The port of results: KTAP and nothing else.

use std::fs::File;
use std::io::{ErrorKind, IsTerminal, Write};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use initramfs::END_OF_RESULTS;
use initramfs::plan::Step;
use nix::sys::termios::{SetArg, cfmakeraw, tcdrain, tcgetattr, tcsetattr};

/// How long a port may take to appear: one of virtio does after the machine has been asked for it.
const APPEARANCE: Duration = Duration::from_secs(5);

/// A serial port, or one of virtio, which is no terminal. A line is one write, so that threads may
/// share it.
pub(crate) struct Results {
    port: File,
}

impl Results {
    /// Opens the port `path` and unbends it, so that no byte is changed on the way.
    pub(crate) fn open(path: &str) -> Result<Self> {
        let port = appeared(path).with_context(|| format!("cannot open {path}"))?;
        if port.is_terminal() {
            unbend(&port).with_context(|| format!("cannot set up {path}"))?;
        }
        Ok(Self { port })
    }

    /// Writes a line at which the stream is split: each scenario has a document of its own.
    pub(crate) fn mark(&self, mark: &str) -> Result<()> {
        self.line(&format!("# {mark}"))
    }

    /// Begins a document of so many steps.
    pub(crate) fn plan(&self, steps: usize) -> Result<()> {
        self.line("KTAP version 1")?;
        self.line(&format!("1..{steps}"))
    }

    /// Reports a step: its number, counted from 1, and why it failed.
    pub(crate) fn step(&self, number: usize, step: &Step, outcome: &Result<()>) -> Result<()> {
        match outcome {
            Ok(()) => self.line(&format!("ok {number} {step}")),
            Err(error) => {
                self.line(&format!("# {error:#}"))?;
                self.line(&format!("not ok {number} {step}"))
            }
        }
    }

    /// Passes on a line that a step's program printed, one level deeper.
    pub(crate) fn nested(&self, line: &str) -> Result<()> {
        self.line(&format!("  {line}"))
    }

    /// Says that every step was carried out, and waits until that has left the port.
    pub(crate) fn done(&self) -> Result<()> {
        self.line(END_OF_RESULTS)?;
        // What was written to a port of virtio the machine has, and looks at before it ends.
        if self.port.is_terminal() {
            tcdrain(&self.port).context("cannot drain the port of results")?;
        }
        Ok(())
    }

    fn line(&self, text: &str) -> Result<()> {
        (&self.port)
            .write_all(format!("{text}\n").as_bytes())
            .context("cannot write a result")
    }
}

fn appeared(path: &str) -> std::io::Result<File> {
    let started = Instant::now();
    loop {
        match File::options().write(true).open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound && started.elapsed() < APPEARANCE => {
                thread::sleep(Duration::from_millis(10));
            }
            outcome => return outcome,
        }
    }
}

fn unbend(port: &File) -> nix::Result<()> {
    let mut settings = tcgetattr(port)?;
    cfmakeraw(&mut settings);
    tcsetattr(port, SetArg::TCSANOW, &settings)
}
