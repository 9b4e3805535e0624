// SPDX-License-Identifier: MIT OR Apache-2.0

//! A netlink socket of any protocol, with nothing between its functions and the system calls: the
//! client crate's socket takes and gives messages, which is not what is measured here.

use std::os::fd::{AsRawFd, OwnedFd};

use anyhow::{Context, Result};
use connector::{Datagram, Id, Message};
use nix::libc;
use nix::sys::socket::{MsgFlags, NetlinkAddr, bind, recv, send};

/// The protocol of generic netlink.
pub(crate) const GENERIC: i32 = libc::NETLINK_GENERIC;

/// Longer than whatever is received here.
const ROOM: usize = 4096;

/// A bound socket.
pub(crate) struct Socket {
    fd: OwnedFd,
}

impl Socket {
    /// Opens a socket of `protocol` on `port`, as a member of `group` if that is not 0. The port
    /// is not left to the kernel, which may take one at random.
    pub(crate) fn open(protocol: i32, port: u32, group: u32) -> Result<Self> {
        let fd = OwnedFd::from(
            socket2::Socket::new(
                socket2::Domain::from(libc::AF_NETLINK),
                socket2::Type::DGRAM,
                Some(socket2::Protocol::from(protocol)),
            )
            .with_context(|| format!("cannot open a socket of netlink protocol {protocol}"))?,
        );
        let bit = group
            .checked_sub(1)
            .map_or(Some(0), |bit| 1u32.checked_shl(bit));
        let groups = bit.with_context(|| format!("group {group} has no bit in an address"))?;
        bind(fd.as_raw_fd(), &NetlinkAddr::new(port, groups))
            .with_context(|| format!("cannot bind to port {port} and group {group}"))?;
        Ok(Self { fd })
    }

    /// Sends to the kernel; one system call.
    #[inline(always)]
    pub(crate) fn send(&self, bytes: &[u8]) -> nix::Result<usize> {
        send(self.fd.as_raw_fd(), bytes, MsgFlags::empty())
    }

    /// Receives what must be there; one system call.
    #[inline(always)]
    pub(crate) fn receive(&self, into: &mut [u8; ROOM]) -> nix::Result<usize> {
        recv(self.fd.as_raw_fd(), into, MsgFlags::MSG_DONTWAIT)
    }
}

/// Where a socket receives to.
pub(crate) fn room() -> [u8; ROOM] {
    [0; ROOM]
}

/// A message to `id` with `payload` bytes of data, in its envelope.
pub(crate) fn request(id: Id, payload: usize) -> Result<Vec<u8>> {
    datagram(Message::new(id, 1, 0, vec![0; payload]))
}

/// The message in its envelope.
pub(crate) fn datagram(message: Message) -> Result<Vec<u8>> {
    Ok(Datagram::of(message).encode()?)
}
