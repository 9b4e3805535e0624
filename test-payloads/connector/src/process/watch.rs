// SPDX-License-Identifier: MIT OR Apache-2.0

//! Process events, with a picture of the living processes that is right again after every loss.

use std::collections::{BTreeMap, VecDeque};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::time::{Duration, Instant};

use nix::time::{ClockId, clock_gettime};

use crate::Error;
use crate::error::refused;
use crate::process::list::List;
use crate::process::picture::Picture;
use crate::process::{
    Change, Event, Heard, Kinds, Listener, Loss, Process, RECEIVE_BUFFER, Synthetic, Unavailable,
};
use crate::socket::deadline;

/// How long a loss may wait for a moment when nothing is left to be read.
const STALENESS: Duration = Duration::from_secs(1);

/// What a watch tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// Something happened.
    Event {
        /// What the kernel reported.
        event: Event,
        /// What it means for who lives; nothing, for most.
        change: Option<Change>,
    },
    /// Not reported by the kernel, but found when the process list was read.
    Synthetic(Synthetic),
    /// Events did not arrive. The list is about to be read again.
    Lost(Loss),
    /// All that was found in the list is told: who follows the notices knows who lives.
    InStep,
}

/// A listener to all process events that knows who lives. When events were lost, it reads the
/// process list and tells the difference.
///
/// It begins with all processes that there are already, as [`Synthetic::Appeared`].
///
/// ```no_run
/// use connector::process::{Change, Notice, Synthetic, Watch};
///
/// # fn main() -> Result<(), connector::Error> {
/// for notice in Watch::open()? {
///     match notice? {
///         Notice::Event { event, change: Some(Change::Started) } => println!("{:?}", event.what),
///         Notice::Event { change: Some(Change::Ended(process)), .. } => println!("{process:?}"),
///         Notice::Event { .. } => {}
///         Notice::Synthetic(Synthetic::Appeared(process)) => println!("+ {process:?}"),
///         Notice::Synthetic(Synthetic::Vanished(process)) => println!("- {process:?}"),
///         Notice::Synthetic(Synthetic::Renamed(process)) => println!("= {process:?}"),
///         Notice::Lost(loss) => eprintln!("lost: {loss:?}"),
///         Notice::InStep => println!("that is all of them"),
///     }
/// }
/// # Ok(())
/// # }
/// ```
///
/// Events are told whatever is known: the end of a process that was missed in the list may be
/// reported later all the same, by an event without a change. Only changes and synthetic events say
/// who lives.
#[derive(Debug)]
pub struct Watch {
    listener: Listener,
    list: List,
    picture: Picture,
    waiting: VecDeque<Notice>,
    /// Since when events are known to be lost.
    stale: Option<Instant>,
}

impl Watch {
    /// Watches with a receive buffer of [`RECEIVE_BUFFER`] bytes or what is granted of them.
    ///
    /// Fails as [`Listener::open`] does, and with [`Unavailable::HiddenProcesses`] and
    /// [`Unavailable::TimeNamespace`].
    pub fn open() -> Result<Self, Error> {
        Self::with_receive_buffer(RECEIVE_BUFFER)
    }

    /// Watches with a receive buffer of `bytes` bytes, by the kernel's count.
    pub fn with_receive_buffer(bytes: usize) -> Result<Self, Error> {
        let before = now(ClockId::CLOCK_MONOTONIC)?;
        let listener = Listener::with(Kinds::empty(), bytes)?;
        let after = now(ClockId::CLOCK_MONOTONIC)?;
        if !(before..=after).contains(&listener.since_ns()) {
            return Err(Unavailable::TimeNamespace.into());
        }
        let mut watch = Self {
            listener,
            list: List::new()?,
            picture: Picture::default(),
            waiting: VecDeque::new(),
            stale: None,
        };
        watch.resynchronise()?;
        Ok(watch)
    }

    /// The processes that live: what was told of them, and what waits to be told.
    #[must_use]
    pub fn processes(&self) -> &BTreeMap<u32, Process> {
        self.picture.living()
    }

    /// What is known already; `None` when nothing is. Does not wait, but reads the process list
    /// when it has to.
    pub fn try_next(&mut self) -> Result<Option<Notice>, Error> {
        loop {
            if let Some(notice) = self.waiting.pop_front() {
                return Ok(Some(notice));
            }
            if self.stale.is_some_and(|since| since.elapsed() > STALENESS) {
                self.resynchronise()?;
                continue;
            }
            match self.listener.try_next()? {
                Some(Heard::Event(event)) => {
                    let told = self.tell(event);
                    if told.is_err() {
                        // The picture lacks this one.
                        self.stale.get_or_insert_with(Instant::now);
                    }
                    return told.map(Some);
                }
                Some(Heard::Lost(loss)) => {
                    self.stale.get_or_insert_with(Instant::now);
                    return Ok(Some(Notice::Lost(loss)));
                }
                None if self.stale.is_some() => self.resynchronise()?,
                None => return Ok(None),
            }
        }
    }

    /// Waits up to `patience` for what there is to tell next; `None` when there was nothing.
    pub fn next_within(&mut self, patience: Duration) -> Result<Option<Notice>, Error> {
        let deadline = deadline(patience);
        loop {
            if let Some(notice) = self.try_next()? {
                return Ok(Some(notice));
            }
            if !self.listener.socket().wait(deadline)? {
                return Ok(None);
            }
        }
    }

    fn tell(&mut self, event: Event) -> Result<Notice, Error> {
        let suspended_ns =
            now(ClockId::CLOCK_BOOTTIME)?.saturating_sub(now(ClockId::CLOCK_MONOTONIC)?);
        let list = &self.list;
        let change = self
            .picture
            .observe(&event, suspended_ns, |pid| list.look(pid))?;
        Ok(Notice::Event { event, change })
    }

    /// Reads the list, and puts what differs behind what waits.
    fn resynchronise(&mut self) -> Result<(), Error> {
        let read_ns = now(ClockId::CLOCK_MONOTONIC)?;
        // Where this fails it is tried again, but not before what waits was told.
        self.stale = Some(Instant::now());
        let list = self.list.read()?;
        self.stale = None;
        let differences = self.picture.reconcile(list, read_ns);
        self.waiting
            .extend(differences.into_iter().map(Notice::Synthetic));
        self.waiting.push_back(Notice::InStep);
        Ok(())
    }
}

/// A clock in nanoseconds.
fn now(clock: ClockId) -> Result<u64, Error> {
    let time = clock_gettime(clock).map_err(|errno| refused("read the clock", errno))?;
    let nanoseconds = Duration::from(time).as_nanos();
    Ok(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
}

impl Iterator for Watch {
    type Item = Result<Notice, Error>;

    /// Waits for what there is to tell next, for ever. Never `None`.
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.next_within(Duration::MAX) {
                Ok(None) => {}
                other => return other.transpose(),
            }
        }
    }
}

impl AsFd for Watch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.listener.as_fd()
    }
}

impl AsRawFd for Watch {
    fn as_raw_fd(&self) -> RawFd {
        self.listener.as_raw_fd()
    }
}
