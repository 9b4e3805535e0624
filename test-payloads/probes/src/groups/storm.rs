// SPDX-License-Identifier: MIT OR Apache-2.0

//! Drivers and ids that come and go while messages to them never stop.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU32};
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use connector::{Id, Message, Socket};

use crate::count::count;
use crate::driver::Driver;
use crate::expect::{PATIENCE, message, same};
use crate::ktap::{Group, Test, Transcript};
use crate::modules::Module;
use crate::proc_connector;

pub(crate) const GROUP: Group = Group {
    name: "storm",
    tests: &[
        Test::new("a-driver-comes-and-goes-under-traffic", comes_and_goes),
        Test::new("two-tasks-add-and-remove-one-id", two_tasks),
        Test::new(
            "a-driver-goes-when-its-callback-has-slept",
            sleeping_callback,
        ),
    ],
};

/// The module that sends each message back with `ack + 1`, and after `seq` milliseconds with
/// `ack + 2`.
const DRIVER: &str = "cn_storm";
const DRIVER_ID: Id = Id::new(23, 1);

/// Tasks that never stop sending.
const TALKERS: usize = 2;

/// The id that two tasks fight over.
const ID: Id = Id::new(22, 1);

/// Rounds of one command: as many messages as fit into a socket's buffer.
const BURST: u32 = 64;

fn at_rest() -> Result<()> {
    let table = proc_connector::read()?;
    same("the table", table.as_str(), proc_connector::AT_REST)
}

/// The outcome of a thread.
fn joined<T>(thread: ScopedJoinHandle<'_, Result<T>>) -> Result<T> {
    thread.join().map_err(|_| anyhow!("a thread panicked"))?
}

/// Does `talk` on sockets of two threads, over and over, until `act` has returned; gives the sum of
/// what it returned. A thread ends at its first error.
fn under_talk(
    talk: impl Fn(&Socket) -> Result<u32> + Sync,
    act: impl FnOnce() -> Result<()>,
) -> Result<u32> {
    let done = AtomicBool::new(false);
    let until_done = || -> Result<u32> {
        let socket = Socket::open(&[])?;
        let mut sum = 0;
        while !done.load(Relaxed) {
            sum += talk(&socket)?;
        }
        Ok(sum)
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..TALKERS).map(|_| scope.spawn(until_done)).collect();
        let outcome = act();
        done.store(true, Relaxed);
        let talked = threads.into_iter().map(joined).sum::<Result<u32>>();
        outcome.and(talked)
    })
}

/// Sends to the driver that comes and goes: it answers twice or not at all. Gives how often it did.
fn ask(socket: &Socket) -> Result<u32> {
    let request = Message::new(DRIVER_ID, 0, 10, []);
    socket.send(&request)?;
    let Some(begun) = socket.receive(Duration::ZERO)? else {
        return Ok(0);
    };
    let reply = |ack| {
        vec![Message {
            ack,
            ..request.clone()
        }]
    };
    same("as it begins", begun.datagram()?.messages, reply(11))?;
    same(
        "as it ends",
        message(socket)?,
        Message { ack: 12, ..request },
    )?;
    Ok(1)
}

fn comes_and_goes(_: &mut Transcript) -> Result<()> {
    let socket = Socket::open(&[])?;
    let loads: u32 = count("loads")?;
    let answers = under_talk(ask, || {
        (0..loads).try_for_each(|load| {
            let driver = Module::load(DRIVER)?;
            same("answers", ask(&socket)?, 1).with_context(|| format!("load {load}"))?;
            driver.unload()
        })
    })?;
    ensure!(answers > 0, "the driver never answered the others");
    same("answers once it is gone", ask(&socket)?, 0)?;
    at_rest()
}

fn two_tasks(_: &mut Transcript) -> Result<()> {
    let dispatched = |socket: &Socket| -> Result<u32> {
        socket.send(&Message::new(ID, 0, 0, []))?;
        Ok(1)
    };
    let driver = Driver::open()?;
    under_talk(dispatched, || fight_over_id(&driver))?;
    same("callbacks that run", driver.seen()?.running, 0)?;
    at_rest()
}

/// What is to happen at least once while two tasks fight over an id: on a busy machine they may
/// have done their rounds before anybody else gets to run.
struct Encounters {
    calls_before: u32,
    /// How often a task found that the other had the id.
    taken: AtomicU32,
    /// How many messages to the id's group were heard.
    heard: AtomicU32,
}

impl Encounters {
    fn all_seen(&self, driver: &Driver) -> Result<()> {
        ensure!(
            self.taken.load(Relaxed) > 0,
            "the tasks never had the id at the same time"
        );
        ensure!(
            self.heard.load(Relaxed) > 0,
            "no message was sent while the id was registered"
        );
        let calls = driver.seen()?.calls;
        ensure!(calls > self.calls_before, "no message met the id");
        Ok(())
    }
}

/// Two tasks add and remove the id, while the driver sends to its group.
fn fight_over_id(driver: &Driver) -> Result<()> {
    let listener = Socket::open(&[ID.idx])?;
    let wanted: u32 = count("rounds")?;
    let encounters = Encounters {
        calls_before: driver.seen()?.calls,
        taken: AtomicU32::new(0),
        heard: AtomicU32::new(0),
    };
    let deadline = Instant::now() + PATIENCE;
    let churn = || -> Result<()> {
        let driver = Driver::open()?;
        let mut rounds = 0;
        while rounds < wanted || encounters.all_seen(&driver).is_err() && Instant::now() < deadline
        {
            let taken = driver.churn(ID, BURST)??;
            encounters.taken.fetch_add(taken, Relaxed);
            rounds += BURST;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let churners = [(); 2].map(|()| scope.spawn(churn));
        while !churners.iter().all(ScopedJoinHandle::is_finished) {
            let unknown = driver.flood(ID, BURST)??;
            let mut messages = 0;
            while let Some(received) = listener.receive(Duration::ZERO)? {
                messages += u32::try_from(received.datagram()?.messages.len())?;
            }
            // Each message is heard or refused: an id that is registered has its group.
            same("messages heard", messages, BURST - unknown)?;
            encounters.heard.fetch_add(messages, Relaxed);
        }
        churners.into_iter().try_for_each(joined)
    })?;
    encounters.all_seen(driver)
}

fn sleeping_callback(_: &mut Transcript) -> Result<()> {
    let socket = Socket::open(&[])?;
    for milliseconds in [1, 3, 10, 30, 100, 300] {
        let driver = Module::load(DRIVER)?;
        let request = Message::new(DRIVER_ID, milliseconds, 0, []);
        thread::scope(|scope| {
            let sender = scope.spawn(|| Ok(socket.send(&request)?));
            same("as it begins", message(&socket)?.ack, 1)?;
            driver.unload()?;
            // Whatever the callback sent before the module went is there by now.
            let last = socket.receive(Duration::ZERO)?;
            let last = last.context("the module went before its callback ended")?;
            same(
                "as it ends",
                last.datagram()?.messages,
                vec![Message {
                    ack: 2,
                    ..request.clone()
                }],
            )?;
            joined(sender)
        })
        .with_context(|| format!("a callback of {milliseconds} ms"))?;
    }
    at_rest()
}
