// SPDX-License-Identifier: MIT OR Apache-2.0

//! Which clients of process events count as listeners, and until when.
//!
//! The kernel does not say how many it counts. A member of the group that has never asked for
//! events shows whether there is one: it hears exactly while another listens.

use std::thread;

use anyhow::{Context, Result, ensure};
use connector::process::{ID, Request};
use connector::{Message, Socket};
use nix::sys::prctl;

use crate::expect::{datagram, same, silence};
use crate::ktap::{Group, Test, Transcript};
use crate::listener::{Listener, drain};
use crate::role::{NOBODY, play, start};
use crate::scheduling::stay_on;

pub(crate) const GROUP: Group = Group {
    name: "clients",
    tests: &[
        Test::new("who-asks-twice-listens-once", twice),
        Test::new("an-event-that-all-filter-out-silences-nobody", filtered),
        Test::new("who-closes-listens-no-more", closed),
        Test::new("who-is-killed-listens-no-more", killed),
        Test::new("no-number-is-used-while-nobody-is-there", alone),
        Test::new("two-tasks-of-a-client-count-once", two_tasks),
        Test::new("an-unknown-operation-makes-no-listener", unknown_up),
        Test::new("another-user-namespace-hears-nothing", elsewhere),
        // Last: the stock kernel tells nobody of events afterwards.
        Test::new("an-unknown-operation-takes-no-listener", unknown_down),
    ],
};

/// An operation that there is not.
const UNKNOWN: u32 = 7;

/// How often something is done whose effects would add up.
const OFTEN: usize = 10;

/// Something happens to this very process.
fn happen() -> Result<()> {
    prctl::set_name(c"probes").context("cannot take a name")
}

/// Whether the kernel takes somebody for a listener.
fn is_somebody_counted() -> Result<bool> {
    let member = Socket::open(&[ID.idx])?;
    happen()?;
    Ok(member.receive(std::time::Duration::ZERO)?.is_some())
}

/// What is right before and after every test.
fn nobody_is_counted() -> Result<()> {
    ensure!(
        !is_somebody_counted()?,
        "a listener is counted that is not there"
    );
    Ok(())
}

fn control(operation: u32) -> Message {
    Message::new(ID, 1, 50, operation.to_ne_bytes())
}

fn twice(_: &mut Transcript) -> Result<()> {
    let socket = Socket::open(&[ID.idx])?;
    for _ in 0..OFTEN {
        socket.send(&Request::Listen.message(1, 1))?;
        socket.send(&Request::ListenTo(1).message(1, 1))?;
    }
    ensure!(is_somebody_counted()?, "nobody is counted");
    for _ in 0..OFTEN {
        socket.send(&Request::Ignore.message(1, 1))?;
    }
    nobody_is_counted()?;
    let _listener = Listener::open(Request::Listen)?;
    ensure!(is_somebody_counted()?, "a listener is not counted");
    Ok(())
}

/// That sending fails because nobody wanted the event does not mean that nobody is there: why an
/// earlier repair of the number of listeners was taken back (8929f95b2b58).
fn filtered(_: &mut Transcript) -> Result<()> {
    let listener = Listener::open(Request::ListenTo(connector::process::mask::EXEC))?;
    for _ in 0..OFTEN {
        happen()?;
    }
    silence(&listener.socket)?;
    let child = crate::role::run(&["exits", "0"])?;
    let events = drain(&listener.socket)?;
    let heard: Vec<_> = events
        .iter()
        .map(|event| crate::listener::subject(&event.what))
        .collect();
    same("whose exec was heard", heard, vec![Some(child.pid)])
}

fn closed(_: &mut Transcript) -> Result<()> {
    for request in [Request::Listen, Request::ListenTo(1)] {
        for _ in 0..OFTEN {
            Socket::open(&[ID.idx])?.send(&request.message(1, 1))?;
            let left = Socket::open(&[ID.idx])?;
            left.send(&request.message(1, 1))?;
            left.leave(ID.idx)?;
            Socket::open(&[])?.send(&request.message(1, 1))?;
        }
    }
    nobody_is_counted()
}

fn killed(_: &mut Transcript) -> Result<()> {
    let listener = Listener::open(Request::Listen)?;
    let mut child = start(&["keeps-listening"])?;
    // It acknowledges to all.
    datagram(&listener.socket)?;
    while !drain(&listener.socket)?
        .iter()
        .any(|event| matches!(event.what, connector::process::What::Ack { error: 0 }))
    {
        thread::yield_now();
    }
    drop(listener);
    ensure!(is_somebody_counted()?, "the child is not counted");
    child.kill().context("cannot kill a child")?;
    child.wait().context("cannot wait for a child")?;
    nobody_is_counted()
}

/// An event that cannot reach anybody is not made; so the next number is still free.
fn alone(_: &mut Transcript) -> Result<()> {
    // Numbers count on each processor.
    stay_on(0)?;
    let number = |socket: &Socket| -> Result<u32> {
        happen()?;
        let messages = datagram(socket)?.datagram()?.messages;
        messages
            .first()
            .map(|message| message.seq)
            .context("an empty datagram")
    };
    let listener = Listener::open(Request::Listen)?;
    let before = number(&listener.socket)?;
    listener.socket.leave(ID.idx)?;
    for _ in 0..OFTEN {
        happen()?;
    }
    listener.socket.join(ID.idx)?;
    same(
        "the next number",
        number(&listener.socket)?,
        before.wrapping_add(1),
    )
}

fn two_tasks(_: &mut Transcript) -> Result<()> {
    const ROUNDS: u32 = 3000;
    for _ in 0..3 {
        let socket = Socket::open(&[])?;
        thread::scope(|scope| {
            let alternate = |processor| {
                stay_on(processor)?;
                for _ in 0..ROUNDS {
                    socket.send(&Request::Listen.message(1, 1))?;
                    socket.send(&Request::Ignore.message(1, 1))?;
                }
                anyhow::Ok(())
            };
            let other = scope.spawn(move || alternate(1));
            let outcome = alternate(0);
            other
                .join()
                .map_err(|_| anyhow::anyhow!("a task panicked"))??;
            outcome
        })?;
        nobody_is_counted()?;
    }
    let _listener = Listener::open(Request::Listen)?;
    ensure!(is_somebody_counted()?, "a listener is not counted");
    Ok(())
}

fn unknown_up(_: &mut Transcript) -> Result<()> {
    let socket = Socket::open(&[])?;
    for _ in 0..OFTEN {
        socket.send(&control(UNKNOWN))?;
        socket.send(&Request::Listen.message(1, 1))?;
    }
    socket.send(&Request::Ignore.message(1, 1))?;
    drop(socket);
    nobody_is_counted()
}

fn unknown_down(_: &mut Transcript) -> Result<()> {
    // Nobody needs no privilege for it.
    play(&["alternates", &UNKNOWN.to_string(), "2"], NOBODY)?;
    let listener = Socket::open(&[ID.idx])?;
    listener.send(&Request::Listen.message(1, 1))?;
    ensure!(is_somebody_counted()?, "a listener is not counted");
    Ok(())
}

/// Requests from there are ignored, because events are about the initial user namespace. Their
/// sockets must then not hear what another asked for.
fn elsewhere(transcript: &mut Transcript) -> Result<()> {
    let _listener = Listener::open(Request::Listen)?;
    for uid in [0, NOBODY] {
        let said = play(&["in", "user", "overhears"], uid)?;
        transcript.note(format!("user {uid}: {}", said.trim_end()));
        ensure!(!said.contains("heard"), "user {uid}: {said}");
    }
    // A pid namespace alone is left alone.
    let said = play(&["in", "pid", "overhears"], 0)?;
    same("in another pid namespace", said.as_str(), "heard\n")
}
