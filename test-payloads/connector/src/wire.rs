// SPDX-License-Identifier: MIT OR Apache-2.0

//! The wire format: a netlink header ([`Envelope`]), then one or more [`Message`]s, each a header
//! of 20 bytes and its data, one behind the other without padding. All numbers are in the byte
//! order of the machine (`include/uapi/linux/netlink.h`, `include/uapi/linux/connector.h`).

use crate::error::Malformed;
use crate::fields::Fields;

/// Bytes of the netlink header, `struct nlmsghdr`.
pub const ENVELOPE_LEN: usize = 16;

/// Bytes of a message without its data, `struct cn_msg`.
pub const HEADER_LEN: usize = 20;

/// The most bytes, header included, that the kernel takes behind one netlink header
/// (`CONNECTOR_MAX_MSG_SIZE`). What it sends may be longer.
pub const REQUEST_MAX: usize = 16384;

/// The netlink message type of everything the connector sends, `NLMSG_DONE`.
pub const DONE: u16 = 3;

/// The netlink flag of a request that another one follows in the same datagram, `NLM_F_MULTI`.
pub const MULTI: u16 = 2;

/// What netlink headers begin at multiples of, in bytes (`NLMSG_ALIGNTO`).
const ALIGNMENT: usize = 4;

/// Whom a message is for: `struct cb_id`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id {
    /// The driver. Also the number of the group that its broadcasts go to.
    pub idx: u32,
    /// Which of the driver's services.
    pub val: u32,
}

impl Id {
    /// The id `idx:val`.
    #[must_use]
    pub const fn new(idx: u32, val: u32) -> Self {
        Self { idx, val }
    }
}

/// One message: `struct cn_msg` and the data behind it. Its length field is that of `data`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// Whom it is for or, from the kernel, whom it is from.
    pub id: Id,
    /// Chosen by the sender; a reply carries that of its request.
    pub seq: u32,
    /// Chosen by the sender; a reply carries that of its request plus one.
    pub ack: u32,
    /// For the driver; most have no use for it.
    pub flags: u16,
    /// What the driver and its clients agreed on; at most 65,535 bytes.
    pub data: Vec<u8>,
}

/// The netlink header, `struct nlmsghdr`, without its length field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Envelope {
    /// The netlink message type; [`DONE`] by custom, and the kernel looks at no other.
    pub kind: u16,
    /// Netlink flags. The connector sends 0, and of requests it looks at
    /// [`ACKNOWLEDGE`](crate::ACKNOWLEDGE) and [`MULTI`].
    pub flags: u16,
    /// The kernel puts the first message's `seq` here.
    pub seq: u32,
    /// The sender's port; the kernel's is 0.
    pub port: u32,
}

impl Default for Envelope {
    fn default() -> Self {
        Self {
            kind: DONE,
            flags: 0,
            seq: 0,
            port: 0,
        }
    }
}

/// All that one netlink header leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Datagram {
    /// The header.
    pub envelope: Envelope,
    /// The messages behind it, in order; most drivers send one.
    pub messages: Vec<Message>,
}

impl Message {
    /// A message without flags.
    #[must_use]
    pub fn new(id: Id, seq: u32, ack: u32, data: impl Into<Vec<u8>>) -> Self {
        Self {
            id,
            seq,
            ack,
            flags: 0,
            data: data.into(),
        }
    }

    /// Whether `other` is a reply to this: from the same id, with the same `seq`, and an `ack` one
    /// higher.
    #[must_use]
    pub fn is_answered_by(&self, other: &Self) -> bool {
        (other.id, other.seq, other.ack) == (self.id, self.seq, self.ack.wrapping_add(1))
    }

    /// The header and the data as they go over the wire.
    pub fn encode(&self) -> Result<Vec<u8>, Malformed> {
        let len = u16::try_from(self.data.len()).map_err(|_| Malformed::Long(self.data.len()))?;
        let mut bytes = Vec::with_capacity(HEADER_LEN + self.data.len());
        for word in [self.id.idx, self.id.val, self.seq, self.ack] {
            bytes.extend(word.to_ne_bytes());
        }
        bytes.extend(len.to_ne_bytes());
        bytes.extend(self.flags.to_ne_bytes());
        bytes.extend(&self.data);
        Ok(bytes)
    }

    /// Reads the message that `fields` stands at and moves behind it.
    fn decode(fields: &mut Fields<'_>) -> Option<Self> {
        let id = Id::new(fields.u32()?, fields.u32()?);
        let seq = fields.u32()?;
        let ack = fields.u32()?;
        let len = fields.u16()?;
        let flags = fields.u16()?;
        let data = fields.take(len.into())?.to_vec();
        Some(Self {
            id,
            seq,
            ack,
            flags,
            data,
        })
    }
}

impl Envelope {
    /// The header for `len` bytes, its own 16 included, as it goes over the wire.
    #[must_use]
    pub fn encode(&self, len: u32) -> [u8; ENVELOPE_LEN] {
        let mut bytes = [0; ENVELOPE_LEN];
        bytes[0..4].copy_from_slice(&len.to_ne_bytes());
        bytes[4..6].copy_from_slice(&self.kind.to_ne_bytes());
        bytes[6..8].copy_from_slice(&self.flags.to_ne_bytes());
        bytes[8..12].copy_from_slice(&self.seq.to_ne_bytes());
        bytes[12..16].copy_from_slice(&self.port.to_ne_bytes());
        bytes
    }
}

impl Datagram {
    /// One message in an envelope of its own.
    #[must_use]
    pub fn of(message: Message) -> Self {
        Self {
            envelope: Envelope {
                seq: message.seq,
                ..Envelope::default()
            },
            messages: vec![message],
        }
    }

    /// The envelope, with the length that is true, and the messages.
    pub fn encode(&self) -> Result<Vec<u8>, Malformed> {
        let mut body = Vec::new();
        for message in &self.messages {
            body.extend(message.encode()?);
        }
        let len = ENVELOPE_LEN + body.len();
        let claimed = u32::try_from(len).map_err(|_| Malformed::Long(body.len()))?;
        Ok([&self.envelope.encode(claimed)[..], &body].concat())
    }

    /// Several requests as one datagram: each but the last says that another one follows. See
    /// [`Socket::send_together`](crate::Socket::send_together).
    pub fn encode_together(requests: &[Self]) -> Result<Vec<u8>, Malformed> {
        let mut bytes = Vec::new();
        for (number, request) in requests.iter().enumerate() {
            let mut request = request.clone();
            if number + 1 < requests.len() {
                request.envelope.flags |= MULTI;
            }
            bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), 0);
            bytes.extend(request.encode()?);
        }
        Ok(bytes)
    }

    /// Reads the first netlink message of `bytes`; what the length field leaves out is padding.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let present = bytes.len();
        let (claimed, envelope) =
            Self::decode_envelope(&mut Fields::new(bytes)).ok_or(Malformed::Short(present))?;
        let mut fields = bytes
            .get(ENVELOPE_LEN..claimed)
            .map(Fields::new)
            .ok_or(Malformed::Claim { claimed, present })?;
        let mut messages = Vec::new();
        while !fields.is_empty() {
            let at = claimed - fields.len();
            messages.push(Message::decode(&mut fields).ok_or(Malformed::Cut(at))?);
        }
        Ok(Self { envelope, messages })
    }

    fn decode_envelope(fields: &mut Fields<'_>) -> Option<(usize, Envelope)> {
        let claimed = usize::try_from(fields.u32()?).ok()?;
        let envelope = Envelope {
            kind: fields.u16()?,
            flags: fields.u16()?,
            seq: fields.u32()?,
            port: fields.u32()?,
        };
        Some((claimed, envelope))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Message {
        Message {
            id: Id::new(3, 1),
            seq: 0x0102_0304,
            ack: u32::MAX,
            flags: 1,
            data: b"data!".to_vec(),
        }
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn a_message_is_laid_out_as_the_kernel_has_it() {
        let bytes = Datagram::of(sample()).encode().unwrap();
        assert_eq!(
            bytes,
            b"\x29\0\0\0\x03\0\0\0\x04\x03\x02\x01\0\0\0\0\
              \x03\0\0\0\x01\0\0\0\x04\x03\x02\x01\xff\xff\xff\xff\x05\0\x01\0data!"
        );
    }

    #[test]
    fn what_is_encoded_is_decoded() {
        let mut datagram = Datagram::of(sample());
        datagram.messages.push(Message::default());
        datagram.messages.push(sample());
        let mut bytes = datagram.encode().unwrap();
        assert_eq!(Datagram::decode(&bytes), Ok(datagram.clone()));
        bytes.extend([0; 3]);
        assert_eq!(Datagram::decode(&bytes), Ok(datagram), "with padding");
    }

    #[test]
    fn of_several_requests_each_but_the_last_says_that_another_follows() {
        let request = Datagram::of(sample());
        let alone = request.encode().unwrap();
        let mut first = alone.clone();
        first[6..8].copy_from_slice(&MULTI.to_ne_bytes());
        first.extend([0; 3]);
        let together = |count| Datagram::encode_together(&vec![request.clone(); count]);
        assert_eq!(together(3), Ok([&first[..], &first, &alone].concat()));
        assert_eq!(together(1), Ok(alone));
        assert_eq!(together(0), Ok(vec![]));
    }

    #[test]
    fn a_reply_has_the_id_the_seq_and_the_next_ack() {
        let request = sample();
        let reply = Message { ack: 0, ..sample() };
        assert!(request.is_answered_by(&reply));
        assert!(!request.is_answered_by(&request));
        let late = Message {
            seq: 1,
            ..reply.clone()
        };
        assert!(!request.is_answered_by(&late));
        let other = Message {
            id: Id::new(3, 2),
            ..reply
        };
        assert!(!request.is_answered_by(&other));
    }

    #[test]
    fn every_cut_is_refused() {
        let bytes = Datagram::of(sample()).encode().unwrap();
        for len in 0..bytes.len() {
            let error = Datagram::decode(&bytes[..len]).unwrap_err();
            match error {
                Malformed::Short(present) => assert_eq!(present, len),
                Malformed::Claim { claimed, present } => {
                    assert_eq!((claimed, present), (bytes.len(), len));
                }
                other => panic!("{len}: {other}"),
            }
        }
    }

    #[test]
    fn lying_lengths_are_refused() {
        let mut bytes = Datagram::of(sample()).encode().unwrap();
        bytes[32..34].copy_from_slice(&6_u16.to_ne_bytes());
        assert_eq!(Datagram::decode(&bytes), Err(Malformed::Cut(16)));
        bytes[32..34].copy_from_slice(&4_u16.to_ne_bytes());
        assert_eq!(Datagram::decode(&bytes), Err(Malformed::Cut(40)));
        bytes[0..4].copy_from_slice(&15_u32.to_ne_bytes());
        let present = bytes.len();
        assert_eq!(
            Datagram::decode(&bytes),
            Err(Malformed::Claim {
                claimed: 15,
                present
            })
        );
    }

    #[test]
    fn too_much_data_is_refused() {
        let message = Message {
            data: vec![0; 65_536],
            ..Message::default()
        };
        assert_eq!(message.encode(), Err(Malformed::Long(65_536)));
    }
}
