// SPDX-License-Identifier: MIT OR Apache-2.0

//! The core as a module that is loaded and unloaded while senders do not stop.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, ensure};
use connector::{Id, Message, Socket};
use nix::errno::Errno;

use crate::ktap::{Group, Test, Transcript};
use crate::modules::Module;

pub(crate) const GROUP: Group = Group {
    name: "loading",
    tests: &[Test::new("senders-do-not-wait-for-it", raced)],
};

/// How long the core is loaded and unloaded, a few hundred times a second.
const TIME: Duration = Duration::from_secs(10);

/// With so many, a core that is not ready when its socket is gets a message about once a second.
const SENDERS: usize = 4;

/// What the senders know of the core.
#[derive(Default)]
struct Race {
    /// Counts the loads, from the start of each on.
    loads: AtomicU32,
    /// No more loads come.
    over: AtomicBool,
}

/// Sends as soon as a socket can be had, once for each load; gives how often.
fn sender(race: &Race) -> Result<u32> {
    let message = Message::new(Id::new(22, 1), 1, 1, []);
    let (mut sent, mut last) = (0, 0);
    while !race.over.load(Ordering::Relaxed) {
        let load = race.loads.load(Ordering::Relaxed);
        if load == last {
            continue;
        }
        match Socket::open(&[]) {
            Ok(socket) => {
                socket.send(&message)?;
                (sent, last) = (sent + 1, load);
            }
            Err(error) if error.errno() == Some(Errno::EPROTONOSUPPORT) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(sent)
}

/// Loads and unloads the core, once each sender has had its turn.
fn load_and_unload(race: &Race) -> Result<()> {
    let end = Instant::now() + TIME;
    while Instant::now() < end {
        race.loads.fetch_add(1, Ordering::Relaxed);
        Module::load("cn")?.unload_when_free()?;
    }
    Ok(())
}

fn raced(_: &mut Transcript) -> Result<()> {
    let race = Race::default();
    let sent = thread::scope(|scope| {
        let senders = [(); SENDERS].map(|()| scope.spawn(|| sender(&race)));
        let outcome = load_and_unload(&race);
        race.over.store(true, Ordering::Relaxed);
        let sent = senders.map(|sender| sender.join().map_err(|_| anyhow!("a sender panicked")));
        let sent = sent.into_iter().map(|sent| sent?).sum::<Result<u32>>();
        outcome.and(sent)
    })?;
    ensure!(sent > 0, "nobody sent anything");
    Ok(())
}
