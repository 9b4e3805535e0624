// SPDX-License-Identifier: MIT OR Apache-2.0

//! Many messages to a driver, in as few datagrams as the core takes.

use anyhow::{Context, Result, bail};
use connector::{Datagram, Id, Message};
use nix::libc::NETLINK_CONNECTOR;

use super::PORT;
use crate::bench::Bench;
use crate::counter::cost_of;
use crate::driver::IDX;
use crate::netlink::{Socket, datagram};

const MESSAGES: usize = 16;

/// Measures with one id, and leaves none.
pub(super) fn measure(bench: &mut Bench) -> Result<()> {
    bench.driver.expect("fill 1", 0)?;
    let socket = Socket::open(NETLINK_CONNECTOR, PORT, 0)?;
    let message = Message::new(Id::new(IDX, 1), 1, 0, []);
    let all = vec![Datagram::of(message.clone()); MESSAGES];
    let together = Datagram::encode_together(&all)?;

    let before = bench.driver.ask("received")?.result;
    socket.send(&together).context("cannot send")?;
    let received = bench.driver.ask("received")?.result - before;
    let datagrams = match usize::try_from(received) {
        Ok(MESSAGES) => vec![together],
        // The core drops the others.
        Ok(1) => vec![datagram(message)?; MESSAGES],
        _ => bail!("of {MESSAGES} messages in a datagram, {received} were received"),
    };

    let name = format!("{MESSAGES} messages in as few datagrams as the core takes");
    bench.here_counted(name, MESSAGES, || {
        let (cost, sent) = cost_of(|| {
            datagrams
                .iter()
                .try_for_each(|datagram| socket.send(datagram).map(drop))
        });
        sent.context("cannot send")?;
        Ok(cost)
    })?;
    bench.driver.expect("clear", 0).map(drop)
}
