// SPDX-License-Identifier: MIT OR Apache-2.0

//! Sending by id: with neither port nor group, the group is that of the registered id.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};
use connector::{Id, Message, Socket};
use nix::errno::Errno;

use crate::driver::{Does, Driver, Send};
use crate::expect::{PATIENCE, counting, datagram, message, same, silence};
use crate::ktap::{Group, Test, Transcript};

pub(crate) const GROUP: Group = Group {
    name: "send",
    tests: &[
        Test::new("an-id-finds-its-group", finds_its_group),
        Test::new("ids-of-one-idx-share-a-group", shared_group),
        Test::new(
            "a-removed-id-is-not-found-and-an-added-one-is-again",
            removal,
        ),
        Test::new("an-id-above-the-groups-has-no-listener", above_the_groups),
        Test::new("from-atomic-context-all-works-the-same", atomic),
        Test::new("to-a-port-the-answer-is-the-length", unicast_answer),
        Test::new("an-id-has-its-group-from-the-start", group_from_the_start),
    ],
};

/// An id of the test module.
const ID: Id = Id::new(22, 1);

fn finds_its_group(transcript: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let (listener, other) = (
        Socket::open(&[ID.idx])?,
        Socket::open(&[ID.idx - 1, ID.idx + 1])?,
    );
    let id = driver.add(ID, Does::Quiet)?.id;
    same(
        "after its removal",
        driver.send(Send::by_id(id))?,
        Err(Errno::ENODEV),
    )?;
    let _registered = driver.add(ID, Does::Quiet)?;
    let answer = driver.send(Send {
        seq: 9,
        ack: 2,
        len: 33,
        ..Send::by_id(id)
    })?;
    let received = datagram(&listener)?;
    same("the group", received.group_mask, 1 << (ID.idx - 1))?;
    same(
        "the message",
        received.datagram()?.messages,
        vec![Message::new(id, 9, 2, counting(9, 33))],
    )?;
    transcript.note(format!("answer {answer:?}"));
    silence(&listener)?;
    silence(&other)
}

fn shared_group(_: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let listener = Socket::open(&[ID.idx])?;
    let vals = [0, 1, 77, u32::MAX];
    let ids: Vec<_> = vals
        .map(|val| driver.add(Id::new(ID.idx, val), Does::Quiet))
        .into_iter()
        .collect::<Result<_>>()?;
    for registered in &ids {
        same(
            "the answer",
            driver.send(Send::by_id(registered.id))?,
            Ok(0),
        )?;
        same("the id", message(&listener)?.id, registered.id)?;
    }
    same(
        "an unregistered val",
        driver.send(Send::by_id(Id::new(ID.idx, 2)))?,
        Err(Errno::ENODEV),
    )?;
    silence(&listener)
}

fn removal(_: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let listener = Socket::open(&[ID.idx])?;
    for seq in 0..50 {
        let registered = driver.add(ID, Does::Quiet)?;
        same(
            "while registered",
            driver.send(Send {
                seq,
                ..Send::by_id(ID)
            })?,
            Ok(0),
        )?;
        same("seq", message(&listener)?.seq, seq)?;
        drop(registered);
        same(
            "while not",
            driver.send(Send::by_id(ID))?,
            Err(Errno::ENODEV),
        )?;
    }
    silence(&listener)
}

fn above_the_groups(transcript: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    for idx in [0, 33, 1000, u32::MAX] {
        let registered = driver.add(Id::new(idx, 1), Does::Quiet)?;
        let answer = driver.send(Send::by_id(registered.id))?;
        same("the answer", answer, Err(Errno::ESRCH))?;
        transcript.note(format!("idx {idx}: {answer:?}"));
    }
    Ok(())
}

fn atomic(_: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let atomic = Send {
        atomic: true,
        ..Send::by_id(ID)
    };
    same("unknown", driver.send(atomic)?, Err(Errno::ENODEV))?;
    let _registered = driver.add(ID, Does::Quiet)?;
    same("unheard", driver.send(atomic)?, Err(Errno::ESRCH))?;
    let listener = Socket::open(&[ID.idx])?;
    same(
        "heard",
        driver.send(Send {
            seq: 4,
            len: 16384,
            ..atomic
        })?,
        Ok(0),
    )?;
    same(
        "the message",
        message(&listener)?,
        Message::new(ID, 4, 0, counting(4, 16384)),
    )?;
    silence(&listener)
}

fn unicast_answer(transcript: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let socket = Socket::open(&[])?;
    for len in [0, 1, 4, 1000] {
        let answer = driver.send(Send {
            len,
            ..Send::by_id(ID).port(socket.port())
        })?;
        let on_wire = u32::try_from(datagram(&socket)?.bytes.len())?;
        same("the answer", answer, Ok(on_wire))?;
        transcript.note(format!("{len} bytes of data: {answer:?}"));
    }
    silence(&socket)
}

/// Whoever finds the id finds its group too, and so the listener: also while another task is busy
/// registering it.
fn group_from_the_start(_: &mut Transcript) -> Result<()> {
    const TIME: Duration = Duration::from_secs(2);
    let driver = Driver::open()?;
    let listener = Socket::open(&[ID.idx])?;
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let registrar = scope.spawn(|| -> Result<()> {
            let driver = Driver::open()?;
            while !over.load(Ordering::Relaxed) {
                driver.churn(ID, 100)??;
            }
            Ok(())
        });
        let outcome = send_for(TIME, &driver, &listener);
        over.store(true, Ordering::Relaxed);
        registrar
            .join()
            .map_err(|_| anyhow!("the registrar panicked"))??;
        outcome
    })
}

/// Sends by id to a listener that reads at once; the id may be there or not.
fn send_for(time: Duration, driver: &Driver, listener: &Socket) -> Result<()> {
    let started = Instant::now();
    let mut delivered = 0_u32;
    // Where a removal takes much longer than a registration the id is rarely there.
    while started.elapsed() < time || (delivered == 0 && started.elapsed() < PATIENCE) {
        match driver.send(Send::by_id(ID))? {
            Ok(_) => {
                delivered += 1;
                message(listener)?;
            }
            Err(Errno::ENODEV) => {}
            Err(errno) => bail!("after {delivered} messages that came: {errno}"),
        }
    }
    same("some came", delivered > 0, true)
}
