// SPDX-License-Identifier: MIT OR Apache-2.0

//! The core as a module that is loaded and unloaded while senders do not stop.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, ensure};
use connector::{Id, Message, Socket};
use nix::errno::Errno;

use crate::ktap::{Group, Test};
use crate::modules::Module;
use crate::scheduling;

pub(crate) const GROUP: Group = Group {
    name: "loading",
    tests: &[Test::new("a-message-may-come-at-once", |_| raced(EARLY))],
};

/// For a core that dies of it sooner or later.
pub(crate) const ENDLESS: Group = Group {
    name: "loading-endlessly",
    tests: &[Test::new("a-message-may-come-at-once", |_| raced(u32::MAX))],
};

/// How many messages must come before the core's loading is done. It takes sixty or so of them
/// until one kills the untouched C core; here they are as many as fit into a few seconds.
const EARLY: u32 = 40;

/// How long that may take, on the slowest of machines.
const TIME: Duration = Duration::from_secs(120);

/// More of them keep each other from being early.
const SENDERS: usize = 2;

/// What the threads know of each other.
#[derive(Default)]
struct Race {
    state: Mutex<State>,
    changed: Condvar,
    /// Messages that came while the core was being loaded.
    early: AtomicU32,
    /// The core is being loaded.
    loading: AtomicBool,
}

#[derive(Clone, Copy, Default)]
struct State {
    /// Counts the loads, from the start of each on.
    loads: u32,
    /// No more loads come.
    over: bool,
}

impl Race {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the senders.
    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
        self.changed.notify_all();
    }

    /// Waits for another load than the `last` one; `None` when no more come.
    fn next(&self, last: u32) -> Option<u32> {
        let same = |state: &mut State| state.loads == last && !state.over;
        let state = self.changed.wait_while(self.state(), same);
        let state = *state.unwrap_or_else(PoisonError::into_inner);
        (!state.over).then_some(state.loads)
    }
}

/// Sends as soon as a socket can be had, once for each load.
///
/// Until then each try sleeps while the kernel looks for a module of the protocol; after that the
/// sender interrupts the loading, wherever it is.
fn sender(race: &Race) -> Result<()> {
    let message = Message::new(Id::new(22, 1), 1, 1, []);
    scheduling::stay_on(0)?;
    scheduling::go_first()?;
    let mut last = 0;
    while let Some(load) = race.next(last) {
        last = load;
        while !race.state().over {
            match Socket::open(&[]) {
                Ok(socket) => {
                    socket.send(&message)?;
                    if race.loading.load(Ordering::Relaxed) {
                        race.early.fetch_add(1, Ordering::Relaxed);
                    }
                    break;
                }
                Err(error) if error.errno() == Some(Errno::EPROTONOSUPPORT) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(())
}

/// Loads and unloads the core until so many messages were early.
fn load_and_unload(race: &Race, early: u32) -> Result<()> {
    let end = Instant::now() + TIME;
    while race.early.load(Ordering::Relaxed) < early && Instant::now() < end {
        race.loading.store(true, Ordering::Relaxed);
        race.change(|state| state.loads += 1);
        let core = Module::load("cn")?;
        race.loading.store(false, Ordering::Relaxed);
        core.unload_when_free()?;
    }
    Ok(())
}

fn raced(wanted: u32) -> Result<()> {
    let race = &Race::default();
    scheduling::stay_on(0)?;
    thread::scope(|scope| {
        let senders = [(); SENDERS].map(|()| scope.spawn(|| sender(race)));
        let outcome = load_and_unload(race, wanted);
        race.change(|state| state.over = true);
        for sender in senders {
            sender.join().map_err(|_| anyhow!("a sender panicked"))??;
        }
        outcome
    })?;
    let early = race.early.load(Ordering::Relaxed);
    let loads = race.state().loads;
    ensure!(
        early >= wanted,
        "{early} messages were early in {loads} loads, not {wanted}"
    );
    Ok(())
}
