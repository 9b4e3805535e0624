// SPDX-License-Identifier: MIT OR Apache-2.0

//! Netlink without a connector: a bare socket, which is the floor, and generic netlink.

use anyhow::Result;
use connector::Id;

use super::{PAYLOADS, PORT, of_bytes};
use crate::bench::{Bench, round_trip, sent};
use crate::driver::{BARE_ECHO, FLOOR, IDX};
use crate::genl;
use crate::netlink::{GENERIC, Socket, request};

/// Measures what needs no id.
pub(super) fn measure(bench: &mut Bench) -> Result<()> {
    bare(bench)?;
    generic(bench)
}

fn bare(bench: &mut Bench) -> Result<()> {
    let floor = Socket::open(FLOOR, PORT, 0)?;
    for payload in PAYLOADS {
        let request = request(Id::new(IDX, 1), payload)?;
        bench.here_counted(of_bytes("floor", payload), 1, || sent(&floor, &request))?;
    }
    let echo = Socket::open(BARE_ECHO, PORT, 0)?;
    let request = request(Id::new(IDX, 1), 0)?;
    bench.here("bare echo", || round_trip(&echo, &request))
}

fn generic(bench: &mut Bench) -> Result<()> {
    let family = bench.driver.number("genl-id")?;
    let socket = Socket::open(GENERIC, PORT, 0)?;
    for payload in PAYLOADS {
        let request = genl::request(family, genl::COUNT, payload)?;
        let name = of_bytes("generic netlink dispatch", payload);
        bench.here_counted(name, 1, || sent(&socket, &request))?;
    }
    let request = genl::request(family, genl::ECHO, 0)?;
    bench.here("generic netlink echo", || round_trip(&socket, &request))
}
