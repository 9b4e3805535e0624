// SPDX-License-Identifier: MIT OR Apache-2.0

//! Datagrams as programs send them.

use crate::Id;

/// A datagram with one message. The lengths need not be right.
#[derive(Clone, Debug)]
pub struct Datagram {
    /// How long the netlink message says it is, with its header.
    pub nlmsg_len: u32,
    /// The flags of the netlink message.
    pub flags: u16,
    /// To whom.
    pub id: Id,
    /// How long the connector message says its payload is.
    pub len: u16,
    /// What follows the headers.
    pub payload: Vec<u8>,
}

impl Datagram {
    /// A message with right lengths.
    pub fn new(id: Id, payload: &[u8]) -> Self {
        Self {
            nlmsg_len: (16 + 20 + payload.len()) as u32,
            flags: 0,
            id,
            len: payload.len() as u16,
            payload: payload.to_vec(),
        }
    }

    /// As it is sent.
    pub fn bytes(&self) -> Vec<u8> {
        // struct nlmsghdr: nlmsg_len, then nlmsg_type, which nobody reads, _flags, _seq and _pid.
        let mut bytes = self.nlmsg_len.to_ne_bytes().to_vec();
        bytes.extend([0; 2]);
        bytes.extend(self.flags.to_ne_bytes());
        bytes.extend([0; 8]);
        // struct cn_msg: id, then seq and ack, len, then flags.
        bytes.extend(self.id.idx.to_ne_bytes());
        bytes.extend(self.id.val.to_ne_bytes());
        bytes.extend([0; 8]);
        bytes.extend(self.len.to_ne_bytes());
        bytes.extend([0; 2]);
        bytes.extend(&self.payload);
        bytes
    }
}
