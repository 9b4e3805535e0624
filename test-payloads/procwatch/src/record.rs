// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a line says, for people and for programs.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::fs;

use connector::process::{Change, Event, Loss, Notice, Process, Synthetic, Thread, What as Told};
use serde::Serialize;

/// What happened. The last five are not the kernel's: found in the list, or missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names say it")]
pub(crate) enum What {
    Ack,
    Fork,
    Exec,
    Uid,
    Gid,
    Sid,
    Ptrace,
    Comm,
    Coredump,
    Exit,
    Other,
    Appeared,
    Vanished,
    Renamed,
    Lost,
    InStep,
}

/// A line. What is not known or makes no sense is left out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Record {
    pub(crate) event: What,
    /// Nanoseconds by the monotonic clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) time_ns: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pid: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tid: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) parent: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// The program and its arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) command: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) signal: Option<u32>,
    /// From its fork to its end, if both were seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) lived_ns: Option<u64>,
    /// The real and the effective user or group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ids: Option<[u32; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tracer: Option<u32>,
    /// How many events did not arrive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) lost: Option<u32>,
    /// The CPU whose numbers show that they are missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cpu: Option<u32>,
}

impl What {
    pub(crate) fn is_start(self) -> bool {
        matches!(self, Self::Fork | Self::Appeared)
    }

    pub(crate) fn is_end(self) -> bool {
        matches!(self, Self::Exit | Self::Vanished)
    }
}

impl Record {
    /// A line that says nothing more.
    pub(crate) fn new(event: What) -> Self {
        Self {
            event,
            time_ns: None,
            pid: None,
            tid: None,
            parent: None,
            name: None,
            command: None,
            status: None,
            signal: None,
            lived_ns: None,
            ids: None,
            tracer: None,
            lost: None,
            cpu: None,
        }
    }

    /// What `notice` tells, with what is known of `living` processes and of the times of their
    /// `births`, which it brings up to date.
    pub(crate) fn of(
        notice: &Notice,
        living: &BTreeMap<u32, Process>,
        births: &mut HashMap<u32, u64>,
    ) -> Self {
        match notice {
            Notice::Event { event, change } => {
                let mut record = Self::of_event(event);
                let ended = match change {
                    Some(Change::Ended(process)) => Some(process),
                    _ => None,
                };
                let process = ended.or_else(|| living.get(&record.pid?));
                if record.name.is_none() {
                    record.name = process.and_then(name);
                }
                match (record.event, record.pid) {
                    (What::Exec, Some(pid)) => record.command = command(pid),
                    (What::Fork, Some(pid)) if record.is_of_process() => {
                        births.insert(pid, event.timestamp_ns);
                    }
                    (What::Exit, Some(pid)) if ended.is_some() => {
                        let birth = births.remove(&pid);
                        record.lived_ns = birth.map(|at| event.timestamp_ns.saturating_sub(at));
                    }
                    _ => {}
                }
                record
            }
            Notice::Synthetic(synthetic) => Self::of_synthetic(synthetic, births),
            Notice::Lost(Loss::Overrun { events }) => Self {
                lost: Some(*events),
                ..Self::new(What::Lost)
            },
            Notice::Lost(Loss::Gap(gap)) => Self {
                lost: Some(gap.count),
                cpu: Some(gap.cpu),
                ..Self::new(What::Lost)
            },
            Notice::InStep => Self::new(What::InStep),
        }
    }

    fn of_synthetic(synthetic: &Synthetic, births: &mut HashMap<u32, u64>) -> Self {
        let (event, process) = match synthetic {
            Synthetic::Appeared(process) => (What::Appeared, process),
            Synthetic::Vanished(process) => (What::Vanished, process),
            Synthetic::Renamed(process) => (What::Renamed, process),
        };
        if event != What::Renamed {
            births.remove(&process.pid);
        }
        Self {
            pid: Some(process.pid),
            parent: Some(process.parent),
            name: name(process),
            ..Self::new(event)
        }
    }

    fn of_event(event: &Event) -> Self {
        let of = |what, thread: Thread| Self {
            time_ns: Some(event.timestamp_ns),
            pid: Some(thread.pid),
            tid: Some(thread.tid),
            ..Self::new(what)
        };
        match &event.what {
            Told::Ack { .. } => Self::new(What::Ack),
            Told::Other(_) => Self::new(What::Other),
            Told::Fork { parent, child } => Self {
                parent: Some(parent.pid),
                ..of(What::Fork, *child)
            },
            Told::Exec { thread } => of(What::Exec, *thread),
            Told::Sid { thread } => of(What::Sid, *thread),
            Told::Uid {
                thread,
                real,
                effective,
            } => Self {
                ids: Some([*real, *effective]),
                ..of(What::Uid, *thread)
            },
            Told::Gid {
                thread,
                real,
                effective,
            } => Self {
                ids: Some([*real, *effective]),
                ..of(What::Gid, *thread)
            },
            Told::Ptrace { thread, tracer } => Self {
                tracer: Some(tracer.pid),
                ..of(What::Ptrace, *thread)
            },
            Told::Comm { thread, name } => Self {
                name: Some(String::from_utf8_lossy(name).into_owned()),
                ..of(What::Comm, *thread)
            },
            Told::Coredump { thread, parent } => Self {
                parent: Some(parent.pid),
                ..of(What::Coredump, *thread)
            },
            Told::Exit {
                thread,
                code,
                parent,
                ..
            } => Self {
                parent: Some(parent.pid).filter(|&pid| pid != 0),
                // As wait(2) has it: a signal and a bit for a core dump, or else a status.
                status: (code & 0x7f == 0).then_some(code >> 8),
                signal: Some(code & 0x7f).filter(|&signal| signal != 0),
                ..of(What::Exit, *thread)
            },
        }
    }

    /// Whether it is about a process as a whole: its first thread, or the list's entry.
    pub(crate) fn is_of_process(&self) -> bool {
        self.tid.is_none_or(|tid| Some(tid) == self.pid)
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.signal.is_some() || self.status.is_some_and(|status| status != 0)
    }
}

fn name(process: &Process) -> Option<String> {
    let name = process.name.as_ref()?;
    Some(String::from_utf8_lossy(name).into_owned())
}

/// The program and its arguments, if the process has not gone on yet.
fn command(pid: u32) -> Option<String> {
    let bytes = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let words = bytes.split(|&byte| byte == 0);
    let words: Vec<_> = words.map(String::from_utf8_lossy).collect();
    Some(words.join(" ").trim_end().to_owned()).filter(|command| !command.is_empty())
}

/// For people: time, event, pid, name, and what else there is.
impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.time_ns {
            Some(ns) => write!(f, "{:>6}.{:06}", ns / 1_000_000_000, ns / 1000 % 1_000_000)?,
            None => write!(f, "{:>13}", "")?,
        }
        let event = format!("{:?}", self.event).to_lowercase();
        let pid = self.pid.map(|pid| pid.to_string()).unwrap_or_default();
        let name = self.name.as_deref().unwrap_or("");
        let mut line = format!(" {event:<8} {pid:>7} {name:<15}");
        let mut add = |label: &str, value: Option<String>| {
            if let Some(value) = value {
                line += &format!(" {label}{value}");
            }
        };
        let thread = self.tid.filter(|_| !self.is_of_process());
        add("thread ", thread.map(|tid| tid.to_string()));
        let parent = self.parent.filter(|_| self.event.is_start());
        add("by ", parent.map(|pid| pid.to_string()));
        add("", self.command.clone());
        add("status ", self.status.map(|status| status.to_string()));
        add("signal ", self.signal.map(|signal| signal.to_string()));
        #[allow(clippy::cast_precision_loss, reason = "shown in milliseconds")]
        let lived = self.lived_ns.map(|ns| format!("{:.3} s", ns as f64 / 1e9));
        add("after ", lived);
        add(
            "",
            self.ids
                .map(|[real, effective]| format!("{real} {effective}")),
        );
        add("by ", self.tracer.map(|pid| pid.to_string()));
        add("", self.lost.map(|events| format!("{events} events")));
        add("of processor ", self.cpu.map(|cpu| cpu.to_string()));
        f.write_str(line.trim_end())
    }
}

#[cfg(test)]
mod tests;
