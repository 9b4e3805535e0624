// SPDX-License-Identifier: MIT OR Apache-2.0

//! Messages whose sender wants to know what came of them.

use anyhow::{Context, Result};
use connector::wire::{Datagram, Envelope};
use connector::{ACKNOWLEDGE, Acknowledgement, Message, Socket};

use crate::expect::datagram;

/// A socket whose errors are explained.
pub(crate) fn open() -> Result<Socket> {
    let socket = Socket::open(&[])?;
    socket.explain_errors()?;
    Ok(socket)
}

/// Sends a message, and asks for an acknowledgement.
pub(crate) fn send(socket: &Socket, message: Message) -> Result<()> {
    let mut datagram = Datagram::of(message);
    datagram.envelope = Envelope {
        flags: ACKNOWLEDGE,
        port: socket.port(),
        ..datagram.envelope
    };
    Ok(socket.send_bytes(&datagram.encode()?)?)
}

/// The acknowledgement that must come.
pub(crate) fn acknowledgement(socket: &Socket) -> Result<Acknowledgement> {
    Acknowledgement::decode(&datagram(socket)?.bytes)?.context("not an acknowledgement")
}

/// Sends a message that has no reply, and gives what came of it.
pub(crate) fn ask(socket: &Socket, message: Message) -> Result<Acknowledgement> {
    send(socket, message)?;
    acknowledgement(socket)
}
