// SPDX-License-Identifier: MIT OR Apache-2.0

//! Which processes live, as far as events and the process list tell.
//!
//! What makes this right, and not only mostly right:
//!
//! - An event is sent behind what it reports: a process is in the list when its fork is reported,
//!   and not alive in it any more when its exit is. The report can be late, and by then the pid
//!   may belong to another process. An exit is the known process's own only if it is not older
//!   than that process; if the kernel names no parent, which is so once the pid is free to be
//!   taken, then only the list can tell. A process found in the list is younger than it says by
//!   up to a clock tick, so that its exit is looked up, too.
//! - Each thread reports an exit, in any order, and the last one ends the process. Which one was the
//!   last is looked up in the list once the first thread of a process with several has ended.
//! - While the list is read, processes come and go. Whatever lives all the time is in it. A fork
//!   from before the reading tells nothing new, therefore: if the process is not in the list, it
//!   is dead, and its exit may be what was lost. Later events are reported behind the list.

use std::collections::BTreeMap;

use crate::Error;
use crate::process::list::Found;
use crate::process::{Event, Thread, What};

/// A living process: one with a thread that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Its number in the initial pid namespace.
    pub pid: u32,
    /// The process that made it; if it was found in the list, its parent of that time.
    pub parent: u32,
    /// Its name, at most 15 bytes for programs. Nobody knows it of a process that was gone when it
    /// was to be looked up.
    pub name: Option<Vec<u8>>,
    /// When it was made, in nanoseconds since boot, suspension included.
    born_ns: u64,
    /// An exit of its first thread may be another's, or not its end.
    unsure: bool,
    /// Its first thread has ended.
    headless: bool,
}

/// What an event means for who lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The process that is forked lives from now on.
    Started,
    /// This process lives no more.
    Ended(Process),
}

/// A difference between what events told and what the list says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Synthetic {
    /// It lives, and nothing told of its start.
    Appeared(Process),
    /// It lives no more, and nothing told of its end.
    Vanished(Process),
    /// It has another name now, and nothing told of the program it runs or the name it took.
    Renamed(Process),
}

/// The processes that live.
#[derive(Debug, Default)]
pub(crate) struct Picture {
    living: BTreeMap<u32, Process>,
    /// When the list was last begun to be read, by the clock of the events.
    read_ns: u64,
}

impl Picture {
    pub(crate) fn living(&self) -> &BTreeMap<u32, Process> {
        &self.living
    }

    /// Takes in an event. `look` gives a process of the list if it lives; `suspended_ns` is for how
    /// long the clock of the events stood still since boot.
    pub(crate) fn observe(
        &mut self,
        event: &Event,
        suspended_ns: u64,
        look: impl Fn(u32) -> Result<Option<Found>, Error>,
    ) -> Result<Option<Change>, Error> {
        let is_news = event.timestamp_ns >= self.read_ns;
        let now_ns = event.timestamp_ns.saturating_add(suspended_ns);
        match event.what {
            What::Fork { parent, child } if child.leads() && is_news => {
                return Ok(self.fork(parent.pid, child.pid, now_ns));
            }
            What::Fork { child, .. } => {
                if let Some(process) = self.living.get_mut(&child.pid) {
                    process.unsure |= !child.leads();
                }
            }
            What::Exec { thread } => {
                if let Some(process) = self.living.get_mut(&thread.pid) {
                    process.headless = false;
                    process.name = look(thread.pid)?.map(|found| found.name);
                }
            }
            What::Comm { thread, ref name } if thread.leads() && is_news => {
                if let Some(process) = self.living.get_mut(&thread.pid) {
                    process.name = Some(name.clone());
                }
            }
            What::Exit { thread, parent, .. } => {
                return self.exit(thread, parent.pid != 0, now_ns, look);
            }
            _ => {}
        }
        Ok(None)
    }

    /// A process of that pid may be known: the exit of another that had it before is late, or the
    /// list was faster than the report.
    fn fork(&mut self, parent: u32, pid: u32, born_ns: u64) -> Option<Change> {
        let process = Process {
            pid,
            parent,
            name: self.living.get(&parent).and_then(|p| p.name.clone()),
            born_ns,
            unsure: false,
            headless: false,
        };
        let known = self.living.insert(pid, process);
        known.is_none().then_some(Change::Started)
    }

    fn exit(
        &mut self,
        thread: Thread,
        has_parent: bool,
        now_ns: u64,
        look: impl Fn(u32) -> Result<Option<Found>, Error>,
    ) -> Result<Option<Change>, Error> {
        let Some(process) = self.living.get_mut(&thread.pid) else {
            return Ok(None);
        };
        let matters = if thread.leads() {
            now_ns >= process.born_ns
        } else {
            process.headless
        };
        if !matters {
            return Ok(None);
        }
        let is_certain = thread.leads() && has_parent && !process.unsure;
        if !is_certain && let Some(found) = look(thread.pid)? {
            process.headless = found.headless;
            return Ok(None);
        }
        Ok(self.living.remove(&thread.pid).map(Change::Ended))
    }

    /// Takes over the list, which was begun to be read at `read_ns` by the clock of the events;
    /// gives what differs.
    pub(crate) fn reconcile(&mut self, list: Vec<Found>, read_ns: u64) -> Vec<Synthetic> {
        self.read_ns = read_ns;
        let mut differences = Vec::new();
        let mut living = BTreeMap::new();
        for found in list {
            let process = Process::from(found);
            match self.living.remove(&process.pid) {
                None => differences.push(Synthetic::Appeared(process.clone())),
                Some(known) if process.born_ns > known.born_ns => {
                    differences.push(Synthetic::Vanished(known));
                    differences.push(Synthetic::Appeared(process.clone()));
                }
                Some(known) if process.name != known.name => {
                    differences.push(Synthetic::Renamed(process.clone()));
                }
                Some(_) => {}
            }
            living.insert(process.pid, process);
        }
        let gone = std::mem::replace(&mut self.living, living);
        differences.extend(gone.into_values().map(Synthetic::Vanished));
        differences
    }
}

impl From<Found> for Process {
    fn from(found: Found) -> Self {
        Self {
            pid: found.pid,
            parent: found.parent,
            name: Some(found.name),
            born_ns: found.born_ns,
            unsure: true,
            headless: found.headless,
        }
    }
}

#[cfg(test)]
mod tests;
