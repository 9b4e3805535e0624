// SPDX-License-Identifier: MIT OR Apache-2.0

//! A client that asks on and on and does not read the replies.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};
use connector::{Message, Socket};

use crate::expect::PATIENCE;

/// How long a request that takes so long is taken to wait for room: longer than any other reason
/// why a guest may stand still, and shorter than the second after which the kernel gives up.
const STANDSTILL: Duration = Duration::from_millis(300);

/// Does `act` while the reply to a `request` waits for room at the client. It can see there how
/// many requests have returned.
pub(crate) fn while_full<T>(
    request: &Message,
    act: impl FnOnce(&AtomicU32) -> Result<T>,
) -> Result<T> {
    let socket = Socket::open(&[])?;
    let (sent, done) = (AtomicU32::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        let client = scope.spawn(|| -> Result<()> {
            while !done.load(Ordering::Relaxed) {
                socket.send(request)?;
                sent.fetch_add(1, Ordering::Relaxed);
            }
            Ok(())
        });
        let outcome = standstill(&sent).and_then(|()| act(&sent));
        done.store(true, Ordering::Relaxed);
        while !client.is_finished() {
            // Makes room. That replies were lost is what the client is here for.
            let _ = socket.receive(Duration::from_millis(1));
        }
        client
            .join()
            .map_err(|_| anyhow!("the client panicked"))??;
        outcome
    })
}

/// Waits until `count` is neither zero nor changes.
fn standstill(count: &AtomicU32) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    let mut last = (0, Instant::now());
    loop {
        thread::sleep(Duration::from_millis(1));
        let now = (count.load(Ordering::Relaxed), Instant::now());
        if now.0 != last.0 || now.0 == 0 {
            last = now;
        } else if now.1 - last.1 > STANDSTILL {
            return Ok(());
        }
        if now.1 > deadline {
            bail!("replies always find room, after {} requests too", now.0);
        }
    }
}
