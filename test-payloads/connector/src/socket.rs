// SPDX-License-Identifier: MIT OR Apache-2.0

//! A netlink socket of the connector's protocol.

use std::io::IoSliceMut;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::sockopt::{RcvBuf, RcvBufForce};
use nix::sys::socket::{
    MsgFlags, NetlinkAddr, bind, getsockname, getsockopt, recvmsg, sendto, setsockopt,
};

use crate::error::refused;
use crate::options::{AddMembership, DROPS, DropMembership, MemInfo};
use crate::wire::{ENVELOPE_LEN, HEADER_LEN};
use crate::{Datagram, Error, Malformed, Message};

/// Room for whatever the connector can send: both headers and a 16-bit length, padded.
const LARGEST: usize = ENVELOPE_LEN + HEADER_LEN + u16::MAX as usize + 1;

/// A socket that sends to drivers by id, and receives their answers and what they broadcast to
/// the groups it is in.
///
/// It can be polled by its descriptor, so that any event loop can drive it: when it is readable,
/// [`receive`](Self::receive) with no patience until that gives `None`.
#[derive(Debug)]
pub struct Socket {
    fd: OwnedFd,
    port: u32,
}

/// A datagram as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// All of it, padding included.
    pub bytes: Vec<u8>,
    /// The port it came from; the kernel's is 0.
    pub port: u32,
    /// The group it was sent to as a bit mask, bit 0 for group 1; 0 when it was sent to this
    /// socket alone. A group above 32 does not fit and shows as 0.
    pub group_mask: u32,
}

impl Received {
    /// The envelope and the messages.
    pub fn datagram(&self) -> Result<Datagram, Malformed> {
        Datagram::decode(&self.bytes)
    }
}

impl Socket {
    /// Opens a socket on a port that the kernel chooses, as a member of `groups` (1 to 32).
    ///
    /// Fails with `EPROTONOSUPPORT` when the kernel has no connector, with `EPERM` when a group is
    /// not allowed, and with `EINVAL` for a group outside of 1 to 32.
    pub fn open(groups: &[u32]) -> Result<Self, Error> {
        let fd = OwnedFd::from(
            socket2::Socket::new(
                socket2::Domain::from(libc::AF_NETLINK),
                socket2::Type::DGRAM,
                Some(socket2::Protocol::from(libc::NETLINK_CONNECTOR)),
            )
            .map_err(|error| {
                let errno = error.raw_os_error().map_or(Errno::EIO, Errno::from_raw);
                refused("open a connector socket", errno)
            })?,
        );
        let mut mask = 0;
        for &group in groups {
            mask |= bit(group).ok_or_else(|| refused(&joining(group), Errno::EINVAL))?;
        }
        bind(fd.as_raw_fd(), &NetlinkAddr::new(0, mask))
            .map_err(|errno| refused(&format!("bind to groups {groups:?}"), errno))?;
        let address: NetlinkAddr = getsockname(fd.as_raw_fd())
            .map_err(|errno| refused("learn the socket's port", errno))?;
        Ok(Self {
            fd,
            port: address.pid(),
        })
    }

    /// The port that replies come to.
    #[must_use]
    pub fn port(&self) -> u32 {
        self.port
    }

    /// Joins one more group. `EPERM` when it is not allowed, `EINVAL` when there is no such group.
    pub fn join(&self, group: u32) -> Result<(), Error> {
        setsockopt(&self.fd, AddMembership, &group).map_err(|errno| refused(&joining(group), errno))
    }

    /// Leaves a group; one that the socket is not in, too.
    pub fn leave(&self, group: u32) -> Result<(), Error> {
        setsockopt(&self.fd, DropMembership, &group)
            .map_err(|errno| refused(&format!("leave group {group}"), errno))
    }

    /// Sends one message to the driver that registered its id. The kernel drops a message that
    /// nobody registered for, or one longer than [`REQUEST_MAX`](crate::wire::REQUEST_MAX), and
    /// does not say so.
    pub fn send(&self, message: &Message) -> Result<(), Error> {
        let mut datagram = Datagram::of(message.clone());
        datagram.envelope.port = self.port;
        self.send_bytes(&datagram.encode()?)
    }

    /// Sends several messages, each to its own driver, in one datagram: they cost little more than
    /// one. They arrive in order.
    ///
    /// A kernel that does not know of that takes the first and drops the others, and does not say
    /// so: a program that may meet one tries with two messages that are answered.
    ///
    /// Fails with `EMSGSIZE` if it is more than the socket's send buffer takes.
    ///
    /// ```no_run
    /// use connector::{Id, Message, Socket};
    ///
    /// # fn main() -> Result<(), connector::Error> {
    /// let socket = Socket::open(&[])?;
    /// let readings = [20_i32, 21, 19].map(i32::to_ne_bytes);
    /// let messages = readings.map(|reading| Message::new(Id::new(0x123, 1), 1, 0, reading));
    /// socket.send_together(&messages)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn send_together(&self, messages: &[Message]) -> Result<(), Error> {
        let requests = messages.iter().cloned().map(|message| {
            let mut request = Datagram::of(message);
            request.envelope.port = self.port;
            request
        });
        let requests: Vec<Datagram> = requests.collect();
        self.send_bytes(&Datagram::encode_together(&requests)?)
    }

    /// Sends bytes to the kernel as they are.
    pub fn send_bytes(&self, bytes: &[u8]) -> Result<(), Error> {
        self.send_bytes_to(bytes, 0, 0)
    }

    /// Sends bytes to another socket's `port`, or to the kernel's if that is 0, and to the members
    /// of the lowest group in `group_mask`. Only `CAP_NET_ADMIN` may send to other than the kernel.
    pub fn send_bytes_to(&self, bytes: &[u8], port: u32, group_mask: u32) -> Result<(), Error> {
        let address = NetlinkAddr::new(port, group_mask);
        sendto(self.fd.as_raw_fd(), bytes, &address, MsgFlags::empty())
            .map(drop)
            .map_err(|errno| refused(&format!("send {} bytes", bytes.len()), errno))
    }

    /// Waits up to `patience` for a datagram; `None` if none came. With no patience it looks only
    /// whether one is there, and never waits.
    ///
    /// [`Error::Lost`] says once that datagrams were lost since the last call.
    pub fn receive(&self, patience: Duration) -> Result<Option<Received>, Error> {
        let mut bytes = vec![0; LARGEST];
        let deadline = deadline(patience);
        loop {
            if let Some(arrival) = self.take(&mut bytes)? {
                bytes.truncate(arrival.len);
                return Ok(Some(Received {
                    bytes,
                    port: arrival.port,
                    group_mask: arrival.group_mask,
                }));
            }
            if !self.wait(deadline)? {
                return Ok(None);
            }
        }
    }

    /// Waits until something is there to be received, a loss maybe; false when `deadline` came
    /// first. Without a deadline it waits for ever.
    pub(crate) fn wait(&self, deadline: Option<Instant>) -> Result<bool, Error> {
        loop {
            let timeout = match deadline.map(|at| at.saturating_duration_since(Instant::now())) {
                None => PollTimeout::NONE,
                Some(Duration::ZERO) => return Ok(false),
                // A rounded-down wait of 0 ms would spin until the deadline.
                Some(left) => PollTimeout::try_from(left + Duration::from_millis(1))
                    .unwrap_or(PollTimeout::MAX),
            };
            match poll(&mut [PollFd::new(self.as_fd(), PollFlags::POLLIN)], timeout) {
                Ok(0) | Err(Errno::EINTR) => {}
                Ok(_) => return Ok(true),
                Err(errno) => return Err(refused("wait for a datagram", errno)),
            }
        }
    }

    /// Moves the datagram that is there, if one is, to the front of `bytes`; what does not fit is
    /// cut off.
    pub(crate) fn take(&self, bytes: &mut [u8]) -> Result<Option<Arrival>, Error> {
        let mut slices = [IoSliceMut::new(bytes)];
        let flags = MsgFlags::MSG_DONTWAIT;
        match recvmsg::<NetlinkAddr>(self.fd.as_raw_fd(), &mut slices, None, flags) {
            Ok(message) => Ok(Some(Arrival {
                len: message.bytes,
                port: message.address.map_or(0, |address| address.pid()),
                group_mask: message.address.map_or(0, |address| address.groups()),
            })),
            Err(Errno::EAGAIN | Errno::EINTR) => Ok(None),
            Err(Errno::ENOBUFS) => Err(Error::Lost),
            Err(errno) => Err(refused("receive a datagram", errno)),
        }
    }

    /// Asks for a receive buffer of `bytes` and gives what the kernel granted, in its own count,
    /// in which a datagram takes several hundred bytes more than it has. Beyond
    /// `net.core.rmem_max` only `CAP_NET_ADMIN` gets what it asks for.
    pub fn set_receive_buffer(&self, bytes: usize) -> Result<usize, Error> {
        setsockopt(&self.fd, RcvBufForce, &bytes)
            .or_else(|_| setsockopt(&self.fd, RcvBuf, &bytes))
            .map_err(|errno| refused(&format!("get a receive buffer of {bytes} bytes"), errno))?;
        self.receive_buffer()
    }

    /// The size of the receive buffer in bytes, by the kernel's own count.
    pub fn receive_buffer(&self) -> Result<usize, Error> {
        getsockopt(&self.fd, RcvBuf)
            .map_err(|errno| refused("learn the size of the receive buffer", errno))
    }

    /// How many datagrams were lost because they found no room at this socket, since it was
    /// opened. The count starts again behind `u32::MAX`. Needs Linux 4.12.
    pub fn drops(&self) -> Result<u32, Error> {
        getsockopt(&self.fd, MemInfo)
            .map(|words| words[DROPS])
            .map_err(|errno| refused("learn how many datagrams were lost", errno))
    }

    /// Whether a send that has to wait for room at another socket fails with `EAGAIN` instead.
    /// Sends to drivers do not wait for room, and whether a receive waits is up to its patience.
    pub fn set_nonblocking(&self, nonblocking: bool) -> Result<(), Error> {
        let flags = if nonblocking {
            OFlag::O_NONBLOCK
        } else {
            OFlag::empty()
        };
        fcntl(&self.fd, FcntlArg::F_SETFL(flags))
            .map(drop)
            .map_err(|errno| refused("choose whether a send waits", errno))
    }
}

/// What is known of a datagram besides its bytes.
pub(crate) struct Arrival {
    pub(crate) len: usize,
    pub(crate) port: u32,
    pub(crate) group_mask: u32,
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl AsRawFd for Socket {
    fn as_raw_fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }
}

/// When `patience` ends; `None` if that is beyond what a clock can show.
pub(crate) fn deadline(patience: Duration) -> Option<Instant> {
    Instant::now().checked_add(patience)
}

/// The bit of a group in an address.
fn bit(group: u32) -> Option<u32> {
    1_u32.checked_shl(group.checked_sub(1)?)
}

fn joining(group: u32) -> String {
    format!("join group {group}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_count_from_one_to_thirty_two() {
        assert_eq!(bit(0), None);
        assert_eq!(bit(1), Some(1));
        assert_eq!(bit(32), Some(1 << 31));
        assert_eq!(bit(33), None);
    }
}
