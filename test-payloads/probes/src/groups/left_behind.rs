// SPDX-License-Identifier: MIT OR Apache-2.0

//! A faulty driver's module that goes, and leaves a registration behind.

use anyhow::Result;
use connector::{Id, Message, Socket};

use crate::driver::{Does, Driver};
use crate::expect::same;
use crate::kernel_log::KernelLog;
use crate::ktap::{Group, Test, Transcript};
use crate::modules::Module;
use crate::proc_connector;

pub(crate) const GROUP: Group = Group {
    name: "left-behind",
    tests: &[
        Test::new("nothing-is-called-that-has-gone", not_called),
        Test::new("it-is-named-and-its-id-is-free", named),
    ],
};

const ID: Id = Id::new(22, 1);

/// Loads the driver, registers the id, and unloads the driver, which has forgotten the id.
fn leave_behind(name: &str) -> Result<()> {
    let probe = Module::load("cn_probe")?;
    let driver = Driver::open()?;
    let registered = driver.add_as(ID, Does::Echo, name)??;
    driver.forget(registered)?;
    drop(driver);
    probe.unload()
}

fn not_called(_: &mut Transcript) -> Result<()> {
    leave_behind("forgetful")?;
    Socket::open(&[])?.send(&Message::new(ID, 1, 0, []))?;
    Ok(())
}

fn named(_: &mut Transcript) -> Result<()> {
    let mut log = KernelLog::from_now()?;
    // Another one can be registered each time.
    for _ in 0..2 {
        leave_behind("forgetful")?;
        let table = proc_connector::read()?;
        same("the table", table.as_str(), proc_connector::AT_REST)?;
        let text = "forgetful (22:1) was left behind by module cn_probe";
        same("lines that name it", log.count(text)?, 1)?;
    }
    Ok(())
}
