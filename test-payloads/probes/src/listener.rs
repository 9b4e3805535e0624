// SPDX-License-Identifier: MIT OR Apache-2.0

//! A listener to process events, and the events of one process.

use std::process::Child;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use connector::process::{Event, ID, Request, What};
use connector::{Message, Socket};

use crate::expect::{datagram, same};

/// A socket in the group of process events that asked for them; dropping it asks for no more.
pub(crate) struct Listener {
    pub(crate) socket: Socket,
}

impl Listener {
    /// Joins and asks; returns when the kernel has acknowledged.
    pub(crate) fn open(request: Request) -> Result<Self> {
        let listener = Self {
            socket: Socket::open(&[ID.idx])?,
        };
        let question = request.message(1, 1000);
        listener.socket.send(&question)?;
        // A mask can leave out acknowledgements.
        if request == Request::Listen {
            acknowledged(&listener.socket, &question)?;
        }
        Ok(listener)
    }

    /// The events that are of `child`, up to its exit, and then waits for it. Nobody may have done
    /// so before: the exit of a process that is waited for can be reported without its parent.
    pub(crate) fn life_of(&self, mut child: Child) -> Result<Vec<What>> {
        let events = until_exit(&self.socket, child.id());
        if events.is_err() {
            child.kill().context("cannot end a child")?;
        }
        child.wait().context("cannot wait for a child")?;
        let of = |what: &What| subject(what) == Some(child.id());
        let whats = events?.into_iter().map(|event| event.what);
        Ok(whats.filter(of).collect())
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // The kernel goes on counting a listener that closes without this.
        let _ = self.socket.send(&Request::Ignore.message(2, 0));
    }
}

/// The next event must come.
pub(crate) fn event(socket: &Socket) -> Result<Event> {
    let messages = datagram(socket)?.datagram()?.messages;
    match messages.as_slice() {
        [message] => decoded(message),
        other => bail!("not one event: {other:?}"),
    }
}

fn decoded(message: &Message) -> Result<Event> {
    same("the id", message.id, ID)?;
    same("the length of an event", message.data.len(), Event::LEN)?;
    Event::decode(&message.data).with_context(|| format!("not an event: {message:?}"))
}

/// The acknowledgement of `question` must come, behind whatever else happened.
pub(crate) fn acknowledged(socket: &Socket, question: &Message) -> Result<()> {
    loop {
        let messages = datagram(socket)
            .context("no acknowledgement")?
            .datagram()?
            .messages;
        for message in messages {
            // Events have ack 0.
            if message.ack == question.ack.wrapping_add(1) {
                return same(
                    "the answer",
                    decoded(&message)?.what,
                    What::Ack { error: 0 },
                );
            }
        }
    }
}

/// All events of every process, up to the exit of process `pid`.
///
/// A parent may have waited for its child before that event is sent. Of all members, the one that
/// joined first is served last: what it has seen, the others have, too.
pub(crate) fn until_exit(socket: &Socket, pid: u32) -> Result<Vec<Event>> {
    let mut events = Vec::new();
    loop {
        let event =
            event(socket).with_context(|| format!("waiting for the exit of {pid}: {events:?}"))?;
        let ends = matches!(&event.what, What::Exit { thread, .. } if thread.pid == pid);
        events.push(event);
        if ends {
            return Ok(events);
        }
    }
}

/// What is there right now.
pub(crate) fn drain(socket: &Socket) -> Result<Vec<Event>> {
    let mut events = Vec::new();
    while let Some(received) = socket.receive(Duration::ZERO)? {
        for message in received.datagram()?.messages {
            events.push(decoded(&message)?);
        }
    }
    Ok(events)
}

/// The process that an event is about; of a fork, the new one.
pub(crate) fn subject(what: &What) -> Option<u32> {
    match what {
        What::Ack { .. } | What::Other(_) => None,
        What::Fork { child, .. } => Some(child.pid),
        What::Exec { thread }
        | What::Uid { thread, .. }
        | What::Gid { thread, .. }
        | What::Sid { thread }
        | What::Ptrace { thread, .. }
        | What::Comm { thread, .. }
        | What::Coredump { thread, .. }
        | What::Exit { thread, .. } => Some(thread.pid),
    }
}

/// An event in words that are the same in every run.
pub(crate) fn in_words(what: &What) -> String {
    match what {
        What::Ack { error } => format!("ack {error}"),
        What::Fork { .. } => "fork".to_owned(),
        What::Exec { .. } => "exec".to_owned(),
        What::Uid {
            real, effective, ..
        } => format!("uid {real} {effective}"),
        What::Gid {
            real, effective, ..
        } => format!("gid {real} {effective}"),
        What::Sid { .. } => "sid".to_owned(),
        What::Ptrace { tracer, .. } => {
            format!(
                "ptrace {}",
                if tracer.pid == 0 { "detach" } else { "attach" }
            )
        }
        What::Comm { name, .. } => format!("comm {}", String::from_utf8_lossy(name)),
        What::Coredump { .. } => "coredump".to_owned(),
        What::Exit { code, signal, .. } => format!("exit {code:#x} signal {signal}"),
        What::Other(what) => format!("unknown event {what:#x}"),
    }
}
