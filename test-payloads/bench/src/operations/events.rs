// SPDX-License-Identifier: MIT OR Apache-2.0

//! What process events add to what makes them, for those who listen and those who do not.

use anyhow::{Context, Result, ensure};
use connector::process::{ID, Kinds, Request};
use nix::errno::Errno;
use nix::libc::{self, NETLINK_CONNECTOR};
use nix::sys::prctl;
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork};

use super::PORT;
use crate::bench::Bench;
use crate::counter::cost_of;
use crate::netlink::{Socket, datagram, room};

/// Whether the listener must have heard of what was done.
#[derive(Clone, Copy)]
enum Hears {
    Something,
    Nothing,
}

/// Measures with each kind of listener; the one that dies comes last, because the untouched C code
/// never forgets it.
pub(super) fn measure(bench: &mut Bench) -> Result<()> {
    while_listening(bench, "nobody listens", None, Hears::Nothing)?;
    let listener = listen(Request::ListenTo(Kinds::COREDUMP.bits()))?;
    let state = "one filters it out";
    while_listening(bench, state, Some(&listener), Hears::Nothing)?;
    listener.send(&datagram(Request::Ignore.message(2, 0))?)?;
    drop(listener);
    let listener = listen(Request::Listen)?;
    while_listening(bench, "one listens", Some(&listener), Hears::Something)?;
    drop(listener);
    while_listening(bench, "the listener died", None, Hears::Nothing)
}

fn listen(request: Request) -> Result<Socket> {
    let socket = Socket::open(NETLINK_CONNECTOR, PORT, ID.idx)?;
    socket.send(&datagram(request.message(1, 0))?)?;
    heard(&socket)?;
    Ok(socket)
}

fn while_listening(
    bench: &mut Bench,
    state: &str,
    listener: Option<&Socket>,
    hears: Hears,
) -> Result<()> {
    let reported = |cost| -> Result<u64> {
        let events = listener.map_or(Ok(0), heard)?;
        match hears {
            Hears::Something => ensure!(events > 0, "no event came while {state}"),
            Hears::Nothing => ensure!(events == 0, "{events} events came while {state}"),
        }
        Ok(cost)
    };
    bench.here(format!("PR_SET_NAME, {state}"), || reported(name_set()?))?;
    bench.here(format!("fork, exit, wait, {state}"), || {
        reported(child_had()?)
    })
}

fn name_set() -> Result<u64> {
    let (cost, result) = cost_of(|| prctl::set_name(c"bench"));
    result.context("cannot set the name")?;
    Ok(cost)
}

/// From before the fork until the child, which does nothing, has been waited for.
fn child_had() -> Result<u64> {
    let (cost, result) = cost_of(|| -> nix::Result<()> {
        // SAFETY: the child only exits.
        match unsafe { fork() }? {
            // SAFETY: ends the child, and runs nothing of this program on the way.
            ForkResult::Child => unsafe { libc::_exit(0) },
            ForkResult::Parent { child } => waitpid(child, None).map(drop),
        }
    });
    result.context("cannot have a child")?;
    Ok(cost)
}

/// Takes all that is there, and says how many datagrams it was.
fn heard(socket: &Socket) -> Result<usize> {
    let mut room = room();
    let mut count = 0;
    loop {
        match socket.receive(&mut room) {
            Ok(_) => count += 1,
            Err(Errno::EAGAIN) => return Ok(count),
            Err(error) => return Err(error).context("cannot receive events"),
        }
    }
}
