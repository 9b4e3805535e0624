// SPDX-License-Identifier: MIT OR Apache-2.0

//! Messages from the kernel to a group, which all listeners must hear.

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::libc::NETLINK_CONNECTOR;

use super::{LISTENERS, PORT};
use crate::bench::Bench;
use crate::driver::{FLOOR, FLOOR_GROUP, IDX};
use crate::netlink::{GENERIC, Socket, room};

/// Bytes of data in a message.
const PAYLOAD: u16 = 64;

/// Measures by the group's number at each number of listeners, then by id; leaves no id.
pub(super) fn measure(bench: &mut Bench) -> Result<()> {
    bench.driver.expect("fill 1", 0)?;
    let generic_group = bench.driver.number("genl-group")?;
    let ways = [
        ("multicast", NETLINK_CONNECTOR, IDX, format!("send {IDX}")),
        ("bare multicast", FLOOR, FLOOR_GROUP, "bare-send".to_owned()),
        (
            "generic netlink multicast",
            GENERIC,
            generic_group,
            "genl-send".to_owned(),
        ),
    ];
    for (operation, protocol, group, command) in ways {
        let command = format!("{command} {PAYLOAD}");
        for listeners in LISTENERS {
            let name = format!("{operation}/{listeners} listeners");
            let sockets = listening(protocol, group, listeners)?;
            let wanted = match listeners {
                0 => -(Errno::ESRCH as i32),
                _ => 0,
            };
            bench.in_module(name, &command, wanted, || all_hear(&sockets))?;
        }
    }
    let sockets = listening(NETLINK_CONNECTOR, IDX, 1)?;
    let name = "send by id, one listens/1 ids";
    bench.in_module(name, "send 0 0", 0, || all_hear(&sockets))?;
    bench.driver.expect("clear", 0).map(drop)
}

fn listening(protocol: i32, group: u32, count: u32) -> Result<Vec<Socket>> {
    (1..=count)
        .map(|n| Socket::open(protocol, PORT + n, group))
        .collect()
}

fn all_hear(sockets: &[Socket]) -> Result<()> {
    let mut room = room();
    for socket in sockets {
        socket
            .receive(&mut room)
            .context("a listener heard nothing")?;
    }
    Ok(())
}
