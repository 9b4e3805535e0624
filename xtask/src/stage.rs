// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a person sees of a long step: what it is, how far it is, how long it took.

use std::fmt::Display;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressStyle};

/// How often a step that nobody watches on a terminal says how far it is.
const PLAIN_INTERVAL: Duration = Duration::from_secs(20);

/// A step that is under way.
///
/// On a terminal a live line shows the elapsed time; elsewhere plain lines do, one at the start,
/// one every 20 seconds, and one at the end.
pub(crate) struct Stage {
    name: String,
    started: Instant,
    said: Instant,
    bar: Option<ProgressBar>,
}

impl Stage {
    /// Announces a step, for example `kernel rust: build`.
    pub(crate) fn start(name: impl Into<String>) -> Self {
        let name = name.into();
        let bar = std::io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{spinner} {prefix} [{elapsed}] {wide_msg}");
            let bar = ProgressBar::new_spinner().with_prefix(name.clone());
            bar.enable_steady_tick(Duration::from_millis(200));
            style.map_or(bar.clone(), |style| bar.with_style(style))
        });
        if bar.is_none() {
            eprintln!("       … {name}");
        }
        let now = Instant::now();
        Self {
            name,
            started: now,
            said: now,
            bar,
        }
    }

    /// Says how far the step is, for example `1204 objects, CC net/core/sock.o`.
    pub(crate) fn progress(&mut self, message: impl Display) {
        match &self.bar {
            Some(bar) => bar.set_message(message.to_string()),
            None if self.said.elapsed() >= PLAIN_INTERVAL => {
                self.said = Instant::now();
                eprintln!(
                    "       … {} ({}): {message}",
                    self.name,
                    HumanDuration(self.started.elapsed())
                );
            }
            None => {}
        }
    }

    /// Says something that stays, such as a part that is done.
    pub(crate) fn note(&self, message: impl Display) {
        match &self.bar {
            Some(bar) => bar.suspend(|| eprintln!("{message}")),
            None => eprintln!("{message}"),
        }
    }

    /// Ends the step well and says what came of it.
    pub(crate) fn done(mut self, result: impl Display) -> Duration {
        let elapsed = self.started.elapsed();
        self.clear();
        eprintln!("{:7.1}s {}: {result}", elapsed.as_secs_f64(), self.name);
        elapsed
    }

    fn clear(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.clear();
    }
}
