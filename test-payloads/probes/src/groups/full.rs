// SPDX-License-Identifier: MIT OR Apache-2.0

//! Replies to a client whose receive buffer is full.

use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use connector::{Id, Message};

use crate::deaf::while_full;
use crate::driver::{Does, Driver};
use crate::expect::same;
use crate::ktap::{Group, Test, Transcript};

pub(crate) const GROUP: Group = Group {
    name: "full",
    tests: &[
        Test::new("a-reply-waits-for-room-no-longer-than-a-second", one_second),
        Test::new("waiting-replies-do-not-hold-up-a-removal", removal),
    ],
};

/// The id that answers.
const ID: Id = Id::new(22, 1);

/// A second, and what a slow machine adds to it.
pub(super) const LIMIT: Duration = Duration::from_secs(3);

/// More replies to a request than there are seconds in [`LIMIT`].
const REPLIES: u32 = 10;

fn request(replies: u32) -> Message {
    Message::new(ID, replies, 1, [0; 1000])
}

fn one_second(_: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let _echo = driver.add(ID, Does::Echo)?;
    while_full(&request(1), |sent| {
        let before = sent.load(Ordering::Relaxed);
        let deadline = Instant::now() + LIMIT;
        while sent.load(Ordering::Relaxed) == before {
            ensure!(
                Instant::now() < deadline,
                "it waits for more than {LIMIT:?}"
            );
            thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    })
}

/// Nor do those replies that the callback has yet to send.
fn removal(_: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let _repeat = driver.add(ID, Does::Repeat)?;
    let (left, elapsed) = while_full(&request(REPLIES), |_| {
        let started = Instant::now();
        driver.remove(ID)?;
        Ok((driver.seen()?.running, started.elapsed()))
    })?;
    same("callbacks that ran when the removal returned", left, 0)?;
    ensure!(elapsed < LIMIT, "the removal took {elapsed:?}");
    Ok(())
}
