// SPDX-License-Identifier: MIT OR Apache-2.0

//! Ids that several tasks remove at once, or that are removed from inside their callback while
//! others run it.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail, ensure};

use super::removal::{A_WHILE, SLOW, running, send_slow, while_running};
use crate::driver::{Does, Driver};
use crate::expect::{PATIENCE, same};
use crate::ktap::{Group, Test, Transcript};
use crate::proc_connector;

pub(crate) const GROUP: Group = Group {
    name: "removers",
    tests: &[
        Test::new("two-removals-of-one-id-both-wait", two_removals),
        Test::new("from-inside-it-waits-for-others", beside_another),
        Test::new("all-may-remove-their-own-id-at-once", all_at_once),
        Test::new(
            "it-waits-for-a-callback-that-removed-itself",
            after_departure,
        ),
    ],
};

/// Removes the slow id, and says how many callbacks run then.
fn remove() -> Result<u32> {
    let driver = Driver::open()?;
    driver.remove(SLOW)?;
    Ok(driver.seen()?.running)
}

/// The second one finds nothing to remove, and yet may be the one whose module goes.
fn two_removals(_: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let _slow = driver.add(SLOW, Does::Hold)?;
    let left = while_running(&driver, 1, PATIENCE, || {
        let removers = [(); 2].map(|()| thread::spawn(remove));
        thread::sleep(A_WHILE);
        driver.release()?;
        let left =
            removers.map(|remover| remover.join().map_err(|_| anyhow!("a remover panicked")));
        left.into_iter()
            .map(|outcome| outcome?)
            .collect::<Result<Vec<_>>>()
    })?;
    same(
        "callbacks that ran when the removals returned",
        left,
        vec![0, 0],
    )
}

/// What a callback frees after it has removed its id must not be in use by another task.
fn beside_another(_: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let _slow = driver.add(SLOW, Does::Linger)?;
    let early = while_running(&driver, 1, PATIENCE, || {
        let remover = thread::spawn(|| send_slow(Duration::ZERO));
        thread::sleep(A_WHILE);
        let early = remover.is_finished();
        driver.release()?;
        remover.join().map_err(|_| anyhow!("a sender panicked"))??;
        Ok(early)
    })?;
    same("it returned beside another callback", early, false)
}

/// They must not wait for each other.
fn all_at_once(_: &mut Transcript) -> Result<()> {
    const CALLERS: u32 = 4;
    for _ in 0..20 {
        let driver = Driver::open()?;
        let _slow = driver.add(SLOW, Does::Linger)?;
        let callers: Vec<_> = (0..CALLERS)
            .map(|_| thread::spawn(|| send_slow(PATIENCE)))
            .collect();
        running(&driver, CALLERS)?;
        driver.release()?;
        if running(&driver, 0).is_err() {
            bail!("{} callbacks wait for each other", driver.seen()?.running);
        }
        for caller in callers {
            caller.join().map_err(|_| anyhow!("a sender panicked"))??;
        }
        same(
            "the table",
            proc_connector::read()?.as_str(),
            proc_connector::AT_REST,
        )?;
    }
    Ok(())
}

/// The driver's module, which removes what is left when it goes, must not go under the callback.
fn after_departure(_: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let _slow = driver.add(SLOW, Does::Depart)?;
    let left = while_running(&driver, 1, PATIENCE, || {
        let deadline = Instant::now() + PATIENCE;
        while proc_connector::read()? != proc_connector::AT_REST {
            ensure!(Instant::now() < deadline, "it did not remove itself");
            thread::sleep(Duration::from_millis(1));
        }
        let remover = thread::spawn(remove);
        thread::sleep(A_WHILE);
        driver.release()?;
        remover.join().map_err(|_| anyhow!("a remover panicked"))?
    })?;
    same("callbacks that ran when the removal returned", left, 0)
}
