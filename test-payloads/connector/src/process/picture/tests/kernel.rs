// SPDX-License-Identifier: MIT OR Apache-2.0

//! A kernel that does all that a kernel may: few pids, used again at once, reports that are late,
//! and a queue with little room.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::RangeInclusive;

use crate::process::list::Found;
use crate::process::{Event, Thread, What};

/// The least and the most pids that there are, so few that they are used again all the time.
const PIDS: RangeInclusive<u64> = 2..=6;

/// As many events as find room: little, or enough for all that comes.
const ROOMS: [usize; 2] = [2, usize::MAX];

/// A task of the kernel's.
#[derive(Debug, Clone, PartialEq)]
struct Task {
    thread: Thread,
    /// Its fork is reported, and no fork of its own is waiting to be: it may run.
    runs: bool,
    /// The thread of the same process that made it, if that did.
    maker: Option<u32>,
    ended: bool,
}

/// A report that is not sent yet.
enum Report {
    /// Of an end, before the time is taken; the task may be gone by then.
    End {
        thread: Thread,
        incarnation: u64,
    },
    Ready(Event),
}

/// The kernel, as far as processes and their reports go.
pub(super) struct Kernel {
    pub(super) random: fastrand::Rng,
    pub(super) pids: u32,
    room: usize,
    clock: u64,
    /// A tid counts for as long as its task is here. With its incarnation.
    tasks: BTreeMap<u32, (u64, Task)>,
    /// When each process was made.
    born: BTreeMap<u32, u64>,
    late: Vec<Report>,
    queue: VecDeque<Event>,
    congested: bool,
    pub(super) lost: bool,
}

impl Kernel {
    pub(super) fn new(seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        Self {
            pids: u32::try_from(random.u64(PIDS)).unwrap(),
            room: ROOMS[random.usize(..ROOMS.len())],
            random,
            clock: 1,
            tasks: BTreeMap::new(),
            born: BTreeMap::new(),
            late: Vec::new(),
            queue: VecDeque::new(),
            congested: false,
            lost: false,
        }
    }

    pub(super) fn time(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }

    fn event(&mut self, what: What) -> Event {
        Event {
            cpu: 0,
            timestamp_ns: self.time(),
            what,
        }
    }

    /// As netlink does it: a queue that was full takes nothing until it is empty.
    fn send(&mut self, event: Event) {
        if let What::Fork { child, .. } = event.what {
            let maker = self.tasks[&child.tid].1.maker;
            for tid in maker.into_iter().chain([child.tid]) {
                self.tasks.get_mut(&tid).unwrap().1.runs = true;
            }
        }
        self.congested |= self.queue.len() == self.room;
        if self.congested {
            self.lost = true;
        } else {
            self.queue.push_back(event);
        }
    }

    pub(super) fn receive(&mut self) -> Option<Event> {
        let event = self.queue.pop_front();
        self.congested &= !self.queue.is_empty();
        event
    }

    fn threads(&self, pid: u32) -> impl Iterator<Item = &Task> {
        let tasks = self.tasks.values().map(|(_, task)| task);
        tasks.filter(move |task| task.thread.pid == pid)
    }

    fn lives(&self, pid: u32) -> bool {
        self.threads(pid).any(|task| !task.ended)
    }

    pub(super) fn look(&self, pid: u32) -> Option<Found> {
        self.lives(pid).then(|| Found {
            pid,
            parent: 1,
            name: Vec::new(),
            // Rounded down.
            born_ns: self.born[&pid] / 10 * 10,
            headless: self.tasks.get(&pid).is_some_and(|(_, task)| task.ended),
        })
    }

    /// All is reported and received.
    pub(super) fn at_rest(&self) -> bool {
        self.late.is_empty() && self.queue.is_empty() && !self.lost
    }

    pub(super) fn living(&self) -> BTreeSet<u32> {
        (1..=self.pids).filter(|&pid| self.lives(pid)).collect()
    }

    /// Something happens, anywhere.
    pub(super) fn step(&mut self) {
        let running: Vec<Thread> = (self.tasks.values())
            .filter(|(_, task)| task.runs && !task.ended)
            .map(|(_, task)| task.thread)
            .collect();
        let any = (!running.is_empty()).then(|| running[self.random.usize(..running.len())]);
        match (self.random.u8(..6), any) {
            (0, _) => self.fork(None),
            (1, Some(thread)) => self.fork(Some(thread)),
            (2 | 3, Some(thread)) => self.end(thread),
            (4, Some(thread)) => self.exec(thread),
            _ => self.hurry(),
        }
    }

    fn fork(&mut self, maker: Option<Thread>) {
        let tid = self.random.u32(1..=self.pids);
        if self.tasks.contains_key(&tid) {
            return;
        }
        let pid = maker.map_or(tid, |thread| thread.pid);
        let incarnation = self.time();
        match maker {
            Some(thread) => self.tasks.get_mut(&thread.tid).unwrap().1.runs = false,
            None => drop(self.born.insert(pid, incarnation)),
        }
        let thread = Thread { tid, pid };
        let task = Task {
            thread,
            runs: false,
            maker: maker.map(|thread| thread.tid),
            ended: false,
        };
        self.tasks.insert(tid, (incarnation, task));
        let parent = Thread { tid: 1, pid: 1 };
        let event = self.event(What::Fork {
            parent,
            child: thread,
        });
        self.late.push(Report::Ready(event));
        if self.random.bool() {
            self.hurry();
        }
    }

    /// A thread ends; it is removed at once unless it is the first of its process, which is
    /// removed when it is waited for, once all have ended.
    fn end(&mut self, thread: Thread) {
        let (incarnation, task) = self.tasks.get_mut(&thread.tid).unwrap();
        task.ended = true;
        let incarnation = *incarnation;
        if !thread.leads() {
            self.tasks.remove(&thread.tid);
        }
        self.late.push(Report::End {
            thread,
            incarnation,
        });
        if self.random.bool() {
            self.wait_for(thread.pid);
        }
    }

    fn wait_for(&mut self, pid: u32) {
        if self.threads(pid).count() == 1 && !self.lives(pid) {
            self.tasks.remove(&pid);
        }
    }

    /// A process with several threads goes on with one of them as its first.
    fn exec(&mut self, thread: Thread) {
        if !self.threads(thread.pid).all(|task| task.runs) {
            return;
        }
        for other in self.threads(thread.pid).cloned().collect::<Vec<_>>() {
            if other.thread != thread && !other.ended {
                self.end(other.thread);
            }
        }
        if !thread.leads() {
            let (_, mut task) = self.tasks.remove(&thread.tid).unwrap();
            task.thread.tid = thread.pid;
            let incarnation = self.time();
            self.tasks.insert(thread.pid, (incarnation, task));
        }
        let event = self.event(What::Exec {
            thread: Thread {
                tid: thread.pid,
                pid: thread.pid,
            },
        });
        self.send(event);
    }

    /// A late report gets one step further.
    pub(super) fn hurry(&mut self) {
        if self.late.is_empty() {
            return;
        }
        // Mostly the newest, so that some are very late.
        let oldest = match self.random.u8(..4) {
            0 => 0,
            _ => self.late.len() - 1,
        };
        let at = self.random.usize(oldest..self.late.len());
        match self.late.swap_remove(at) {
            Report::Ready(event) => self.send(event),
            Report::End {
                thread,
                incarnation,
            } => {
                let there = self.tasks.get(&thread.tid);
                let own = u32::from(there.is_some_and(|(number, _)| *number == incarnation));
                let parent = Thread { tid: own, pid: own };
                let event = self.event(What::Exit {
                    thread,
                    code: 0,
                    signal: 17,
                    parent,
                });
                self.late.push(Report::Ready(event));
            }
        }
    }
}
