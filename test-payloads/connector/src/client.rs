// SPDX-License-Identifier: MIT OR Apache-2.0

//! Requests and their replies.

use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use crate::socket::deadline;
use crate::{Error, Id, Message, Socket};

/// A client of drivers that reply: one request at a time, and the reply that belongs to it.
///
/// ```no_run
/// use std::time::Duration;
/// use connector::{Client, Id};
///
/// # fn main() -> Result<(), connector::Error> {
/// let mut client = Client::open()?;
/// let reply = client.request(Id::new(0x15, 1), b"hello", Duration::from_secs(1))?;
/// println!("{:?}", reply.data);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Client {
    socket: Socket,
    seq: u32,
}

impl Client {
    /// Opens a socket of its own, in no group. Fails as [`Socket::open`] does.
    pub fn open() -> Result<Self, Error> {
        Ok(Self::new(Socket::open(&[])?))
    }

    /// Uses a socket. What arrives there and is no reply to the request of the moment is dropped.
    #[must_use]
    pub fn new(socket: Socket) -> Self {
        Self { socket, seq: 0 }
    }

    /// Sends `data` to a driver and waits up to `patience` for its reply: the message from the
    /// same `id` that has the request's `seq`, and its `ack` plus one, as the connector's
    /// documentation asks of drivers. A late reply to an earlier request is not taken for it.
    ///
    /// [`Error::Unanswered`] when none came, [`Error::Lost`] when it may be among what was lost.
    pub fn request(&mut self, id: Id, data: &[u8], patience: Duration) -> Result<Message, Error> {
        let deadline = deadline(patience);
        self.seq = self.seq.wrapping_add(1);
        // The same number for both: no reply to an earlier request has either.
        let request = Message::new(id, self.seq, self.seq, data);
        self.socket.send(&request)?;
        loop {
            let left = deadline.map_or(Duration::MAX, |deadline| {
                deadline.saturating_duration_since(Instant::now())
            });
            let Some(received) = self.socket.receive(left)? else {
                return Err(Error::Unanswered { id, patience });
            };
            // Another program may send, too, if it is privileged. The kernel's port is 0.
            if received.port != 0 {
                continue;
            }
            let messages = received.datagram()?.messages;
            if let Some(reply) = messages.into_iter().find(|m| request.is_answered_by(m)) {
                return Ok(reply);
            }
        }
    }

    /// The socket that the client uses.
    #[must_use]
    pub fn socket(&self) -> &Socket {
        &self.socket
    }
}

impl AsFd for Client {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
