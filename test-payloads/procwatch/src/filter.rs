// SPDX-License-Identifier: MIT OR Apache-2.0

//! Which lines are wanted.

use clap::{Args, ValueEnum};

use crate::record::{Record, What};

/// What is asked for. Losses are always shown.
#[derive(Args, Default)]
pub(crate) struct Filter {
    /// Show these events
    #[arg(
        short,
        long,
        value_delimiter = ',',
        value_enum,
        default_values_t = [Shown::Fork, Shown::Exec, Shown::Exit]
    )]
    events: Vec<Shown>,
    /// Show processes whose name or command holds this
    #[arg(short, long, value_name = "TEXT")]
    name: Option<String>,
    /// Show this process, and its children as they are made
    #[arg(short, long, value_name = "PID")]
    pid: Option<u32>,
    /// Of ends, show those with a status other than 0 and those by a signal
    #[arg(long)]
    failed: bool,
    /// Show what threads do, too, and not only processes
    #[arg(long)]
    threads: bool,
}

/// What can be asked for.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shown {
    /// A process is made
    Fork,
    /// A process runs another program
    Exec,
    /// A process ends
    Exit,
    /// A process takes another user
    Uid,
    /// A process takes another group of users
    Gid,
    /// A process begins a session
    Sid,
    /// A tracer comes or goes
    Ptrace,
    /// A process takes another name
    Comm,
    /// A process dumps its core
    Coredump,
    /// Every event
    All,
}

impl Filter {
    pub(crate) fn wants(&self, record: &Record) -> bool {
        if matches!(record.event, What::Lost) {
            return true;
        }
        self.wants_event(record)
            && (self.threads || record.is_of_process())
            && self.pid.is_none_or(|pid| {
                record.pid == Some(pid) || record.event.is_start() && record.parent == Some(pid)
            })
            && self.name.as_ref().is_none_or(|text| {
                let mut words = record.name.iter().chain(&record.command);
                words.any(|word| word.contains(text))
            })
            && !(self.failed && record.event.is_end() && !record.has_failed())
    }

    fn wants_event(&self, record: &Record) -> bool {
        let shown = match record.event {
            What::Fork | What::Appeared => Shown::Fork,
            What::Exec | What::Renamed => Shown::Exec,
            What::Exit | What::Vanished => Shown::Exit,
            What::Uid => Shown::Uid,
            What::Gid => Shown::Gid,
            What::Sid => Shown::Sid,
            What::Ptrace => Shown::Ptrace,
            What::Comm => Shown::Comm,
            What::Coredump => Shown::Coredump,
            What::Lost => return true,
            What::Ack | What::Other | What::InStep => Shown::All,
        };
        self.events.contains(&shown) || self.events.contains(&Shown::All)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(event: What) -> Record {
        Record {
            pid: Some(7),
            tid: Some(7),
            parent: Some(3),
            name: Some("cc1plus".to_owned()),
            ..Record::new(event)
        }
    }

    fn filter() -> Filter {
        Filter {
            events: vec![Shown::All],
            ..Filter::default()
        }
    }

    #[test]
    fn events_are_chosen_with_what_stands_for_them() {
        let filter = Filter {
            events: vec![Shown::Exit],
            ..Filter::default()
        };
        assert!(filter.wants(&record(What::Exit)));
        assert!(filter.wants(&record(What::Vanished)));
        assert!(filter.wants(&record(What::Lost)));
        assert!(!filter.wants(&record(What::Fork)));
        assert!(!filter.wants(&record(What::InStep)));
    }

    #[test]
    fn a_pid_is_the_process_and_its_new_children() {
        let with = |pid| Filter {
            pid: Some(pid),
            ..filter()
        };
        assert!(with(7).wants(&record(What::Exec)));
        assert!(with(3).wants(&record(What::Fork)));
        assert!(!with(3).wants(&record(What::Exit)));
    }

    #[test]
    fn a_text_is_part_of_the_name_or_the_command() {
        let with = |text: &str| Filter {
            name: Some(text.to_owned()),
            ..filter()
        };
        let mut record = record(What::Exec);
        assert!(with("c1p").wants(&record));
        assert!(!with("main.c").wants(&record));
        record.command = Some("cc1plus main.c".to_owned());
        assert!(with("main.c").wants(&record));
    }

    #[test]
    fn failures_and_threads_are_told_apart() {
        let failed = Filter {
            failed: true,
            ..filter()
        };
        let mut record = record(What::Exit);
        record.status = Some(0);
        assert!(!failed.wants(&record));
        record.status = Some(1);
        assert!(failed.wants(&record));
        record.tid = Some(8);
        assert!(!failed.wants(&record));
        let threads = Filter {
            threads: true,
            ..failed
        };
        assert!(threads.wants(&record));
    }
}
