// SPDX-License-Identifier: MIT OR Apache-2.0

//! Which clients of process events count as listeners, and until when.
//!
//! The kernel does not say how many it counts. A member of the group that has never asked for
//! events shows whether there is one: it hears exactly while another listens.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use connector::process::{ID, Kinds, Request, What};
use connector::{Message, Socket};
use nix::sys::prctl;

use crate::count::count;
use crate::expect::{datagram, same, silence};
use crate::ktap::{Group, Test, Transcript};
use crate::listener::{Listener, drain, subject};
use crate::role::{NOBODY, play, run, start};
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
    Ok(member.receive(Duration::ZERO)?.is_some())
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
    let listener = Listener::open(Request::ListenTo(Kinds::EXEC.bits()))?;
    for _ in 0..OFTEN {
        happen()?;
    }
    silence(&listener.socket)?;
    let child = run(&["exits", "0"])?;
    let events = drain(&listener.socket)?;
    let heard: Vec<_> = events.iter().map(|event| subject(&event.what)).collect();
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
        .any(|event| matches!(event.what, What::Ack { error: 0 }))
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

/// Runs `work` in two tasks, on a processor each.
fn in_two_tasks(work: impl Fn() -> Result<()> + Sync) -> Result<()> {
    let on = |processor| {
        stay_on(processor)?;
        work()
    };
    thread::scope(|scope| {
        let other = scope.spawn(|| on(1));
        let outcome = on(0);
        other.join().map_err(|_| anyhow!("a task panicked"))??;
        outcome
    })
}

/// Both ask for the first time at the same moment, on one socket after another; and both change
/// their minds all the time, on one socket.
fn two_tasks(_: &mut Transcript) -> Result<()> {
    const SOCKETS: usize = 500;

    let rounds: usize = count("rounds")?;
    for _ in 0..rounds.div_ceil(SOCKETS) {
        let sockets = (0..SOCKETS).map(|_| Socket::open(&[]));
        let sockets: Vec<Socket> = sockets.collect::<Result<_, _>>()?;
        let arrived = AtomicUsize::new(0);
        in_two_tasks(|| {
            for (socket, before) in sockets.iter().zip(0..) {
                arrived.fetch_add(1, Ordering::SeqCst);
                // Each has a processor of its own, and the other comes at once.
                while arrived.load(Ordering::SeqCst) < 2 * (before + 1) {
                    std::hint::spin_loop();
                }
                socket.send(&Request::Listen.message(1, 1))?;
            }
            Ok(())
        })?;
        for socket in &sockets {
            socket.send(&Request::Ignore.message(1, 1))?;
        }
        nobody_is_counted()?;
    }

    let socket = Socket::open(&[])?;
    in_two_tasks(|| {
        for _ in 0..rounds {
            socket.send(&Request::Listen.message(1, 1))?;
            socket.send(&Request::Ignore.message(1, 1))?;
        }
        Ok(())
    })?;
    nobody_is_counted()?;
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
    // More often than the tests before can have made the kernel count a listener too many. Nobody
    // needs no privilege for it.
    let rounds = (3 * count::<usize>("rounds")?).to_string();
    play(&["alternates", &UNKNOWN.to_string(), "2", &rounds], NOBODY)?;
    let listener = Socket::open(&[ID.idx])?;
    listener.send(&Request::Listen.message(1, 1))?;
    ensure!(is_somebody_counted()?, "a listener is not counted");
    Ok(())
}

/// Requests from there are ignored, because events are about the initial user namespace. Their
/// sockets must then not hear what another asked for.
fn elsewhere(transcript: &mut Transcript) -> Result<()> {
    let listener = Listener::open(Request::Listen)?;
    play(&["in", "user", "alternates", "1", "2", "10"], 0)?;
    let events = drain(&listener.socket)?;
    let is_answer = |what: &What| matches!(what, What::Ack { .. });
    let answers = events.iter().filter(|event| is_answer(&event.what)).count();
    same("answers to requests from there", answers, 0)?;
    for uid in [0, NOBODY] {
        let said = play(&["in", "user", "overhears"], uid)?;
        transcript.note(format!("user {uid}: {}", said.trim_end()));
        ensure!(!said.contains("heard"), "user {uid}: {said}");
    }
    // A pid namespace alone is left alone.
    let said = play(&["in", "pid", "overhears"], 0)?;
    same("in another pid namespace", said.as_str(), "heard\n")
}
