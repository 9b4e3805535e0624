// SPDX-License-Identifier: MIT OR Apache-2.0

//! The core as a module, unloaded after a faulty driver that has left a registration behind.

use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use connector::Id;

use crate::driver::{Does, Driver};
use crate::expect::{PATIENCE, same};
use crate::ktap::{Group, Test, Transcript};
use crate::modules::Module;
use crate::proc_connector;
use crate::role;

pub(crate) const GROUP: Group = Group {
    name: "left-behind-core",
    tests: &[Test::new("the-core-goes-none-the-less", core_goes)],
};

fn core_goes(_: &mut Transcript) -> Result<()> {
    let core = Module::load("cn")?;
    let probe = Module::load("cn_probe")?;
    let driver = Driver::open()?;
    let registered = driver.add_as(Id::new(22, 1), Does::Quiet, "forgetful")?;
    driver.forget(registered.context("cannot register an id")?)?;
    drop(driver);
    probe.unload()?;
    unload_in_time(core)?;
    same("the table is left", proc_connector::read().is_ok(), false)?;
    Module::load("cn")?.unload()
}

/// By another process, because one that never gets out of the kernel cannot end.
fn unload_in_time(core: Module) -> Result<()> {
    let mut child = role::command(&["unloads", &core.give_up()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("cannot start the role that unloads")?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(status) = child.try_wait()? {
            ensure!(status.success(), "the unloading failed: {status}");
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "the unloading does not end");
        thread::sleep(Duration::from_millis(10));
    }
}
