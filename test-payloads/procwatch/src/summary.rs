// SPDX-License-Identifier: MIT OR Apache-2.0

//! How much of what happened.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Instant;

use connector::process::{Change, Kinds, Loss, Notice, What};

/// How many names the table has.
const ROWS: usize = 10;

/// Counts since the start.
pub(crate) struct Summary {
    started: Instant,
    /// Lines that were printed.
    pub(crate) shown: usize,
    forks: u64,
    execs: u64,
    ends: u64,
    failures: u64,
    lost: u64,
    /// By name: how many processes ended.
    names: BTreeMap<String, u64>,
}

impl Summary {
    pub(crate) fn new() -> Self {
        Self {
            started: Instant::now(),
            shown: 0,
            forks: 0,
            execs: 0,
            ends: 0,
            failures: 0,
            lost: 0,
            names: BTreeMap::new(),
        }
    }

    pub(crate) fn count(&mut self, notice: &Notice) {
        match notice {
            Notice::Event { event, change } => {
                self.execs += u64::from(event.what.kind() == Kinds::EXEC);
                match change {
                    Some(Change::Started) => self.forks += 1,
                    Some(Change::Ended(process)) => {
                        self.ends += 1;
                        let failed = matches!(event.what, What::Exit { code, .. } if code != 0);
                        self.failures += u64::from(failed);
                        let name = process.name.as_deref().unwrap_or(b"?");
                        let name = String::from_utf8_lossy(name).into_owned();
                        *self.names.entry(name).or_default() += 1;
                    }
                    None => {}
                }
            }
            // Gaps tell of the same events again, but for those for which there was no memory.
            Notice::Lost(Loss::Overrun { events }) => self.lost += u64::from(*events),
            Notice::Lost(Loss::Gap(_)) | Notice::Synthetic(_) | Notice::InStep => {}
        }
    }

    /// All of it in a line.
    pub(crate) fn line(&self, living: usize) -> String {
        let seconds = self.started.elapsed().as_secs().max(1);
        format!(
            "{living} processes; {} forks ({}/s), {} programs, {} ends, {} failed; {} events lost",
            self.forks,
            self.forks / seconds,
            self.execs,
            self.ends,
            self.failures,
            self.lost
        )
    }

    /// The line, and below it the names of most processes that ended.
    pub(crate) fn table(&self, living: usize) -> String {
        let mut names: Vec<_> = self.names.iter().collect();
        names.sort_by_key(|&(name, count)| (Reverse(*count), name));
        let rows = names
            .into_iter()
            .take(ROWS)
            .map(|(name, count)| format!("{count:>9}  {name}\n"));
        format!("{}\n{}", self.line(living), rows.collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use connector::process::{Event, Thread};

    use super::*;

    #[test]
    fn what_happened_is_counted() {
        let mut summary = Summary::new();
        let thread = Thread { tid: 7, pid: 7 };
        let event = |what| Event {
            cpu: 0,
            timestamp_ns: 0,
            what,
        };
        summary.count(&Notice::Event {
            event: event(What::Exec { thread }),
            change: None,
        });
        summary.count(&Notice::Event {
            event: event(What::Fork {
                parent: thread,
                child: thread,
            }),
            change: Some(Change::Started),
        });
        summary.count(&Notice::Lost(Loss::Overrun { events: 5 }));
        assert_eq!(
            summary.line(2),
            "2 processes; 1 forks (1/s), 1 programs, 0 ends, 0 failed; 5 events lost"
        );
        assert_eq!(summary.table(2), summary.line(2) + "\n");
    }
}
