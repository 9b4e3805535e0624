// SPDX-License-Identifier: MIT OR Apache-2.0

//! Process events: what is reported, and how.

use std::collections::BTreeMap;
use std::process::Stdio;

use anyhow::{Context, Result};
use connector::Envelope;
use connector::process::{Event, ID, Kinds, Request, Thread, What};
use connector::wire::{DONE, ENVELOPE_LEN, HEADER_LEN};
use nix::sys::ptrace;
use nix::sys::signal::Signal;
use nix::sys::wait::waitpid;
use nix::unistd::Pid;

use crate::expect::{datagram, message, same};
use crate::ktap::{Group, Test, Transcript};
use crate::listener::{Listener, in_words};
use crate::role::{NOBODY, command, process, run, start};

pub(crate) const GROUP: Group = Group {
    name: "events",
    tests: &[
        Test::new("an-event-is-76-bytes-to-group-1", on_the_wire),
        Test::new("fork-exec-exit-carry-their-processes", fork_exec_exit),
        Test::new("session-name-group-and-user-are-reported", life),
        Test::new("a-tracer-is-reported-when-it-comes-and-goes", traced),
        Test::new("a-core-dump-is-reported-before-its-exit", dumped),
        Test::new("sequence-numbers-have-no-gap", sequence),
    ],
};

/// This process, whose main thread runs the tests.
fn own() -> Thread {
    let pid = std::process::id();
    Thread { tid: pid, pid }
}

/// The events must be those, and go into the transcript in words.
fn reported(transcript: &mut Transcript, events: &[What], want: &[What]) -> Result<()> {
    for what in events {
        transcript.note(in_words(what));
    }
    same("the events", events, want)
}

fn on_the_wire(transcript: &mut Transcript) -> Result<()> {
    let listener = Listener::open(Request::Listen)?;
    run(&["exits", "0"])?;
    let received = datagram(&listener.socket)?;
    let datagram = received.datagram()?;
    let message = datagram.messages.first().context("no message")?;
    let want = Envelope {
        kind: DONE,
        seq: message.seq,
        ..Envelope::default()
    };
    same("the envelope", datagram.envelope, want)?;
    same(
        "from port and to group",
        (received.port, received.group_mask),
        (0, 1),
    )?;
    same(
        "bytes",
        received.bytes.len(),
        ENVELOPE_LEN + HEADER_LEN + Event::LEN,
    )?;
    same(
        "id, ack and flags",
        (message.id, message.ack, message.flags),
        (ID, 0, 0),
    )?;
    transcript.note(format!(
        "{} bytes of type {}",
        received.bytes.len(),
        datagram.envelope.kind
    ));
    Ok(())
}

fn fork_exec_exit(transcript: &mut Transcript) -> Result<()> {
    let listener = Listener::open(Request::Listen)?;
    let started = start(&["exits", "7"])?;
    let child = process(&started);
    let life = listener.life_of(started)?;
    let want = [
        What::Fork {
            parent: own(),
            child,
        },
        What::Exec { thread: child },
        exit(child, 7 << 8),
    ];
    reported(transcript, &life, &want)
}

fn life(transcript: &mut Transcript) -> Result<()> {
    let listener = Listener::open(Request::Listen)?;
    let started = start(&["lives", "0"])?;
    let child = process(&started);
    let life = listener.life_of(started)?;
    let thread = child;
    let (real, effective) = (NOBODY, NOBODY);
    let want = [
        What::Fork {
            parent: own(),
            child,
        },
        What::Exec { thread },
        What::Sid { thread },
        What::Comm {
            thread,
            name: b"sixteen letters".to_vec(),
        },
        What::Gid {
            thread,
            real,
            effective,
        },
        What::Uid {
            thread,
            real,
            effective,
        },
        exit(thread, 0),
    ];
    reported(transcript, &life, &want)
}

/// The end of a child of this process, with what `wait` would give.
fn exit(thread: Thread, code: u32) -> What {
    What::Exit {
        thread,
        code,
        signal: Signal::SIGCHLD as u32,
        parent: own(),
    }
}

fn traced(transcript: &mut Transcript) -> Result<()> {
    let mut child = command(&["waits"]).stdin(Stdio::piped()).spawn()?;
    let listener = Listener::open(Request::ListenTo((Kinds::PTRACE | Kinds::EXIT).bits()))?;
    let (pid, thread) = (Pid::from_raw(i32::try_from(child.id())?), process(&child));
    // Not attach(): its SIGSTOP may come when the tracer is gone, and then the child stays stopped.
    ptrace::seize(pid, ptrace::Options::empty()).context("cannot attach")?;
    ptrace::interrupt(pid).context("cannot interrupt")?;
    waitpid(pid, None).context("cannot wait for the stop")?;
    ptrace::detach(pid, None).context("cannot detach")?;
    drop(child.stdin.take());
    let life = listener.life_of(child)?;
    let want = [
        What::Ptrace {
            thread,
            tracer: own(),
        },
        What::Ptrace {
            thread,
            tracer: Thread { tid: 0, pid: 0 },
        },
        exit(thread, 0),
    ];
    reported(transcript, &life, &want)
}

fn dumped(transcript: &mut Transcript) -> Result<()> {
    let listener = Listener::open(Request::ListenTo((Kinds::COREDUMP | Kinds::EXIT).bits()))?;
    let started = start(&["aborts"])?;
    let thread = process(&started);
    let life = listener.life_of(started)?;
    let want = [
        What::Coredump {
            thread,
            parent: own(),
        },
        exit(thread, 6),
    ];
    reported(transcript, &life, &want)
}

/// Each CPU counts its own events, acknowledgements among them.
fn sequence(_: &mut Transcript) -> Result<()> {
    const ROUNDS: usize = 10;
    let listener = Listener::open(Request::Listen)?;
    let mut last = own();
    for _ in 0..ROUNDS {
        listener.socket.send(&Request::Listen.message(9, 9))?;
        last = run(&["exits", "0"])?;
    }
    let mut next = BTreeMap::new();
    let mut acknowledged = 0;
    loop {
        let message = message(&listener.socket)?;
        let event = Event::decode(&message.data).context("not an event")?;
        let expected = next.insert(event.cpu, message.seq.wrapping_add(1));
        same("seq", message.seq, expected.unwrap_or(message.seq))?;
        match event.what {
            What::Ack { .. } => acknowledged += 1,
            What::Exit { thread, .. } if thread == last => break,
            _ => {}
        }
    }
    same("acknowledgements", acknowledged, ROUNDS)
}
