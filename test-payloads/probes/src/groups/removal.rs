// SPDX-License-Identifier: MIT OR Apache-2.0

//! Callbacks that take their time, and ids that are removed meanwhile.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};
use connector::{Id, Message, Socket};
use nix::errno::Errno;

use crate::count::count;
use crate::driver::{Does, Driver, Send};
use crate::expect::{PATIENCE, message, same, silence};
use crate::ktap::{Group, Test, Transcript};
use crate::proc_connector;

pub(crate) const GROUP: Group = Group {
    name: "removal",
    tests: &[
        Test::new(
            "it-returns-when-no-callback-of-the-id-runs",
            waits_for_its_callback,
        ),
        Test::new(
            "it-does-not-wait-for-another-ids-callback",
            does_not_wait_for_others,
        ),
        Test::new("a-callback-may-remove-its-own-id", from_inside),
        Test::new("the-other-ids-stay", others_stay),
        Test::new("a-slow-callback-holds-up-nobody", slow_callback),
        Test::new("an-id-comes-and-goes-while-it-is-sent-to", under_load),
    ],
};

/// The id whose callback takes its time.
pub(super) const SLOW: Id = Id::new(22, 2);

/// Another one.
const ID: Id = Id::new(22, 1);

/// How long a callback takes that something must be seen to wait for.
pub(super) const A_WHILE: Duration = Duration::from_millis(200);

/// Sends a request that the slow id's callback takes at most `limit` for.
pub(super) fn send_slow(limit: Duration) -> Result<()> {
    let limit = u32::try_from(limit.as_millis())?;
    Ok(Socket::open(&[])?.send(&Message::new(SLOW, limit, 0, []))?)
}

/// Waits until so many callbacks run.
pub(super) fn running(driver: &Driver, count: u32) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while driver.seen()?.running != count {
        if Instant::now() > deadline {
            bail!("{} callbacks run, not {count}", driver.seen()?.running);
        }
        thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

/// Does `act` while `callers` callbacks of the slow id run, each at most for `limit`.
pub(super) fn while_running<T>(
    driver: &Driver,
    callers: u32,
    limit: Duration,
    act: impl FnOnce() -> Result<T>,
) -> Result<T> {
    thread::scope(|scope| {
        let threads: Vec<_> = (0..callers)
            .map(|_| scope.spawn(move || send_slow(limit)))
            .collect();
        let outcome = running(driver, callers).and_then(|()| act());
        driver.release()?;
        for thread in threads {
            thread.join().map_err(|_| anyhow!("a sender panicked"))??;
        }
        running(driver, 0)?;
        outcome
    })
}

fn waits_for_its_callback(transcript: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let _slow = driver.add(SLOW, Does::Hold)?;
    let left = while_running(&driver, 1, A_WHILE, || {
        driver.remove(SLOW)?;
        Ok(driver.seen()?.running)
    })?;
    transcript.note(format!("{left} callbacks ran when the removal returned"));
    same("callbacks that ran when the removal returned", left, 0)
}

fn does_not_wait_for_others(_: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let _slow = driver.add(SLOW, Does::Hold)?;
    let other = driver.add(ID, Does::Quiet)?;
    let left = while_running(&driver, 1, PATIENCE, || {
        drop(other);
        Ok(driver.seen()?.running)
    })?;
    same("callbacks that ran when the removal returned", left, 1)
}

fn from_inside(_: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let socket = Socket::open(&[])?;
    for _ in 0..3 {
        let leaving = driver.add(ID, Does::Leave)?;
        let calls = driver.seen()?.calls;
        socket.send(&Message::new(leaving.id, 1, 0, []))?;
        same(
            "the table",
            proc_connector::read()?.as_str(),
            proc_connector::AT_REST,
        )?;
        socket.send(&Message::new(leaving.id, 2, 0, []))?;
        same("calls", driver.seen()?.calls, calls + 1)?;
    }
    silence(&socket)
}

fn slow_callback(_: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let _slow = driver.add(SLOW, Does::Hold)?;
    let echo = driver.add(ID, Does::Echo)?;
    while_running(&driver, 3, PATIENCE, || {
        let socket = Socket::open(&[ID.idx])?;
        socket.send(&Message::new(echo.id, 1, 1, []))?;
        same("another id's reply", message(&socket)?.ack, 2)?;
        same("a broadcast", driver.send(Send::by_id(SLOW))?, Ok(0))?;
        message(&socket)?;
        same(
            "a registration",
            driver.add(Id::new(22, 3), Does::Quiet).is_ok(),
            true,
        )?;
        same(
            "the table",
            proc_connector::read()?.contains("22:2\n"),
            true,
        )?;
        same("callbacks that still run", driver.seen()?.running, 3)
    })
}

/// The replies of four senders must be those of requests, whatever becomes of the id meanwhile.
fn under_load(_: &mut Transcript) -> Result<()> {
    const REQUESTS: u32 = 500;
    let driver = Driver::open()?;
    thread::scope(|scope| -> Result<()> {
        let client = || -> Result<()> {
            let socket = Socket::open(&[])?;
            for seq in 0..REQUESTS {
                socket.send(&Message::new(ID, seq, seq, []))?;
                if let Some(reply) = socket.receive(Duration::ZERO)? {
                    let messages = reply.datagram()?.messages;
                    same(
                        "the reply",
                        messages,
                        vec![Message::new(ID, seq, seq + 1, [])],
                    )?;
                }
            }
            Ok(())
        };
        let clients = [(); 4].map(|()| scope.spawn(client));
        while !clients.iter().all(|client| client.is_finished()) {
            let registered = driver.add(ID, Does::Echo)?;
            same("by id", driver.send(Send::by_id(ID))?, Err(Errno::ESRCH))?;
            drop(registered);
        }
        for client in clients {
            client.join().map_err(|_| anyhow!("a client panicked"))??;
        }
        Ok(())
    })?;
    running(&driver, 0)?;
    same(
        "the table",
        proc_connector::read()?.as_str(),
        proc_connector::AT_REST,
    )
}

/// More ids than any table of the core is likely to have places for, of which every second goes.
fn others_stay(_: &mut Transcript) -> Result<()> {
    let ids = count("ids")?;
    let driver = Driver::open()?;
    let mut registered = Vec::new();
    for val in 0..ids {
        registered.push(driver.add(Id::new(22, val), Does::Echo)?);
    }
    registered.retain(|one| one.id.val % 2 == 0);
    let socket = Socket::open(&[])?;
    for val in 0..ids {
        let request = Message::new(Id::new(22, val), val, 1, []);
        socket.send(&request)?;
        if val % 2 == 0 {
            same(
                "the reply",
                message(&socket)?,
                Message { ack: 2, ..request },
            )?;
        } else {
            silence(&socket)?;
        }
    }
    Ok(())
}
