// SPDX-License-Identifier: MIT OR Apache-2.0

//! A socket that listens to process events, and knows what it has missed.

use std::collections::VecDeque;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::time::{Duration, Instant};

use nix::errno::Errno;

use crate::error::refused;
use crate::process::sequence::Sequence;
use crate::process::{Event, Heard, ID, Kinds, Loss, Request, Unavailable, What};
use crate::socket::deadline;
use crate::wire::{ENVELOPE_LEN, HEADER_LEN};
use crate::{Datagram, Error, Message, Socket};

/// The receive buffer that a listener asks for unless it is told otherwise, in bytes by the
/// kernel's count: room for some ten thousand events.
pub const RECEIVE_BUFFER: usize = 8 << 20;

/// How long the kernel is asked for an answer again and again when it finds no room for one.
const ANSWER: Duration = Duration::from_millis(50);

/// How long what a loss cost is added up before it is reported although more may be lost.
const TALLY: Duration = Duration::from_millis(100);

/// Room for a datagram with one event, and to spare.
const DATAGRAM: usize = 4 * (ENVELOPE_LEN + HEADER_LEN + Event::LEN);

/// A listener to process events. Dropping it tells the kernel that it listens no more.
///
/// ```no_run
/// use connector::process::{Heard, Listener, What};
///
/// # fn main() -> Result<(), connector::Error> {
/// for heard in Listener::open()? {
///     match heard? {
///         Heard::Event(event) => println!("{:?}", event.what),
///         Heard::Lost(loss) => eprintln!("lost: {loss:?}"),
///     }
/// }
/// # Ok(())
/// # }
/// ```
///
/// As an iterator it waits for ever. It can be polled by its descriptor, too: when that is readable
/// or has an error, call [`try_next`](Self::try_next) until that gives `None`.
#[derive(Debug)]
pub struct Listener {
    socket: Socket,
    buffer: Vec<u8>,
    waiting: VecDeque<Heard>,
    kinds: Kinds,
    sequence: Sequence,
    since_ns: u64,
    /// The socket's count of lost datagrams as far as it was reported.
    drops: u32,
    /// Since when what is lost is being added up.
    overrun: Option<Instant>,
}

impl Listener {
    /// Listens to all events, with a receive buffer of [`RECEIVE_BUFFER`] bytes or what is granted.
    ///
    /// Fails within 100 ms with [`Error::Unavailable`] where there are no events to be had.
    pub fn open() -> Result<Self, Error> {
        Self::with(Kinds::empty(), RECEIVE_BUFFER)
    }

    /// Listens to events of some `kinds`, all if that is empty, with a receive buffer of
    /// `receive_buffer` bytes as [`Socket::set_receive_buffer`] takes them. The kernel leaves out
    /// what is not asked for, which costs the listener nothing.
    pub fn with(kinds: Kinds, receive_buffer: usize) -> Result<Self, Error> {
        let socket = Socket::open(&[ID.idx]).map_err(Unavailable::explained)?;
        socket.set_receive_buffer(receive_buffer)?;
        let mut listener = Self {
            socket,
            buffer: vec![0; DATAGRAM],
            waiting: VecDeque::new(),
            kinds,
            sequence: Sequence::default(),
            since_ns: 0,
            drops: 0,
            overrun: None,
        };
        listener.ask()?;
        if !listener.hears_all() {
            let request = Request::ListenTo(kinds.bits()).message(0, 0);
            listener.socket.send(&request)?;
        }
        Ok(listener)
    }

    /// The socket that events come to.
    #[must_use]
    pub fn socket(&self) -> &Socket {
        &self.socket
    }

    /// Since when it listens, by the clock of the events.
    #[must_use]
    pub fn since_ns(&self) -> u64 {
        self.since_ns
    }

    /// What is there already; `None` when nothing is. Never waits.
    pub fn try_next(&mut self) -> Result<Option<Heard>, Error> {
        loop {
            if let Some(heard) = self.waiting.pop_front() {
                return Ok(Some(heard));
            }
            match self.fetch() {
                Ok(Some(message)) => self.sort(&message)?,
                Ok(None) if self.overrun.is_none() => return Ok(None),
                // With an empty queue the overrun is over.
                Ok(None) => {
                    self.overrun = None;
                    self.tally()?;
                }
                Err(Error::Lost) => self.overrun = Some(Instant::now()),
                Err(error) => return Err(error),
            }
            if self.overrun.is_some_and(|since| since.elapsed() > TALLY) {
                self.overrun = Some(Instant::now());
                self.tally()?;
            }
        }
    }

    /// Waits up to `patience` for what comes next; `None` when nothing came.
    pub fn next_within(&mut self, patience: Duration) -> Result<Option<Heard>, Error> {
        let deadline = deadline(patience);
        loop {
            if let Some(heard) = self.try_next()? {
                return Ok(Some(heard));
            }
            if !self.socket.wait(deadline)? {
                return Ok(None);
            }
        }
    }

    /// Whether the kernel was asked for every event, and reports acknowledgements, too.
    fn hears_all(&self) -> bool {
        self.kinds.is_empty() || self.kinds == Kinds::all()
    }

    /// Asks for all events until the kernel acknowledges it. What came before is forgotten.
    ///
    /// Only who hears everything gets an acknowledgement. It is broadcast and has no `seq` of its
    /// own, but the `ack` of the request plus one: the socket's port, which no other socket has.
    fn ask(&mut self) -> Result<(), Error> {
        let request = Request::Listen.message(0, self.socket.port());
        let until = Instant::now() + ANSWER;
        loop {
            // In this order: what is lost from now on is lost behind the answer, or the answer is.
            self.drops = self.socket.drops()?;
            self.socket.send(&request).map_err(Unavailable::explained)?;
            let mut lost = false;
            loop {
                match self.fetch() {
                    Ok(Some(message)) if message.ack == request.ack.wrapping_add(1) => {
                        // Events behind the answer may be among what was lost.
                        self.overrun = lost.then(Instant::now);
                        return self.answered(&message);
                    }
                    Ok(Some(_)) => {}
                    Err(Error::Lost) => lost = true,
                    Err(error) => return Err(error),
                    // There is room again.
                    Ok(None) if lost => break,
                    // It answers before the send returns: none is to come.
                    Ok(None) => return Err(Unavailable::of_silence().into()),
                }
                if Instant::now() > until {
                    return Err(Unavailable::of_silence().into());
                }
            }
        }
    }

    /// Judges the kernel's answer; the CPU that it comes from has begun to count.
    fn answered(&mut self, message: &Message) -> Result<(), Error> {
        let event = decoded(message)?;
        self.sequence.observe(event.cpu, message.seq);
        self.since_ns = event.timestamp_ns;
        match event.what {
            What::Ack { error: 0 } => Ok(()),
            What::Ack { error } => {
                let errno = i32::try_from(error).map_or(Errno::UnknownErrno, Errno::from_raw);
                Err(refused("listen to process events", errno))
            }
            other => Err(Error::Unexpected(format!("{other:?}"))),
        }
    }

    /// Takes the next message of process events that is there.
    fn fetch(&mut self) -> Result<Option<Message>, Error> {
        while let Some(arrival) = self.socket.take(&mut self.buffer)? {
            let bytes = &self.buffer[..arrival.len];
            // Other programs may send, too, if they are privileged; the kernel's port is 0.
            if arrival.port == 0 {
                let mut messages = Datagram::decode(bytes)?.messages.into_iter();
                // The connector puts one event in a datagram.
                if let Some(message) = messages.find(|message| message.id == ID) {
                    return Ok(Some(message));
                }
            }
        }
        Ok(None)
    }

    /// Puts what `message` tells behind what is waiting to be handed out.
    fn sort(&mut self, message: &Message) -> Result<(), Error> {
        let event = decoded(message)?;
        if self.hears_all()
            && let Some(gap) = self.sequence.observe(event.cpu, message.seq)
        {
            self.waiting.push_back(Heard::Lost(Loss::Gap(gap)));
        }
        if self.hears_all() || self.kinds.let_through(&event.what) {
            self.waiting.push_back(Heard::Event(event));
        }
        Ok(())
    }

    /// Reports what was lost since the last time.
    fn tally(&mut self) -> Result<(), Error> {
        let drops = self.socket.drops()?;
        let events = drops.wrapping_sub(self.drops);
        self.drops = drops;
        if events > 0 {
            self.waiting
                .push_back(Heard::Lost(Loss::Overrun { events }));
        }
        Ok(())
    }
}

fn decoded(message: &Message) -> Result<Event, Error> {
    Event::decode(&message.data)
        .ok_or_else(|| Error::Unexpected(format!("an event of {} bytes", message.data.len())))
}

impl Iterator for Listener {
    type Item = Result<Heard, Error>;

    /// Waits for what comes next, for ever. Never `None`.
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.next_within(Duration::MAX) {
                Ok(None) => {}
                other => return other.transpose(),
            }
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // A kernel that is not told may go on counting a listener that is gone.
        let _ = self.socket.send(&Request::Ignore.message(0, 0));
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl AsRawFd for Listener {
    fn as_raw_fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }
}
