// SPDX-License-Identifier: MIT OR Apache-2.0

//! What depends on the number of ids, done to the one that was registered last.

use anyhow::{Context, Result};
use connector::Id;
use nix::errno::Errno;
use nix::libc::NETLINK_CONNECTOR;

use super::{IDS, PAYLOADS, PORT, of_bytes};
use crate::bench::{Bench, round_trip, sent};
use crate::driver::IDX;
use crate::netlink::{Socket, request};

/// Measures at each number of ids, and leaves none.
pub(super) fn measure(bench: &mut Bench) -> Result<()> {
    for ids in IDS {
        with(bench, ids).with_context(|| format!("with {ids} ids"))?;
    }
    bench.driver.expect("clear", 0).map(drop)
}

fn with(bench: &mut Bench, ids: u32) -> Result<()> {
    bench.driver.expect(&format!("fill {ids}"), 0)?;
    let last = Id::new(IDX, ids);
    let socket = Socket::open(NETLINK_CONNECTOR, PORT, 0)?;
    for payload in PAYLOADS {
        let request = request(last, payload)?;
        let name = format!("{}/{ids} ids", of_bytes("dispatch", payload));
        bench.here_counted(name, 1, || sent(&socket, &request))?;
    }

    replace_last(bench, "echo")?;
    let request = request(last, 0)?;
    bench.here(format!("echo/{ids} ids"), || round_trip(&socket, &request))?;
    replace_last(bench, "quiet")?;

    let nobody = -(Errno::ESRCH as i32);
    let name = format!("send by id, nobody listens/{ids} ids");
    bench.in_module(name, "send 0 0", nobody, || Ok(()))?;
    let unknown = -(Errno::ENODEV as i32);
    let name = format!("send by unknown id/{ids} ids");
    bench.in_module(name, "send-unknown", unknown, || Ok(()))?;

    let [add, del] = ["add", "del"].map(|operation| format!("{operation}/{ids} ids"));
    bench.in_module_and_back([(&add, "add quiet"), (&del, "del")])
}

/// Registers the last id anew, with another callback.
fn replace_last(bench: &Bench, callback: &str) -> Result<()> {
    bench.driver.expect("del", 0)?;
    let command = format!("add {callback}");
    bench.driver.expect(&command, 0).map(drop)
}
