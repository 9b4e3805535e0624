// SPDX-License-Identifier: MIT OR Apache-2.0

//! Callbacks that remove each other, and so wait for each other for ever. The tasks stay in the
//! kernel: nothing can follow in the same guest.

use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use connector::Id;

use crate::driver::{Does, Driver};
use crate::expect::PATIENCE;
use crate::kernel_log::KernelLog;
use crate::ktap::{Group, Test, Transcript};
use crate::role;

pub(crate) const GROUP: Group = Group {
    name: "crossing",
    tests: &[Test::new("lockdep-reports-it", reported)],
};

/// What lockdep calls it.
const REPORT: &str = "possible circular locking dependency detected";

/// The ids differ in the lowest bit.
const IDS: [Id; 2] = [Id::new(22, 2), Id::new(22, 3)];

fn reported(_: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    for id in IDS {
        driver.forget(driver.add(id, Does::Cross)?)?;
    }
    let mut log = KernelLog::from_now()?;
    let callers = IDS.map(call);
    let deadline = Instant::now() + PATIENCE;
    while driver.seen()?.running < 2 {
        ensure!(Instant::now() < deadline, "the callbacks do not run");
        thread::sleep(Duration::from_millis(1));
    }
    driver.release()?;
    let mut reports = 0;
    while reports == 0 && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(1));
        reports = log.count(REPORT)?;
    }
    drop(callers);
    ensure!(reports == 1, "{reports} reports came");
    Ok(())
}

/// In another process, because this one must be able to end.
fn call(id: Id) -> Result<Child> {
    let patience = PATIENCE.as_millis().to_string();
    role::command(&["calls", &id.idx.to_string(), &id.val.to_string(), &patience])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("cannot start the role that calls")
}
