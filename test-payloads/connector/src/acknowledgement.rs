// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the kernel says of a message whose sender set `NLM_F_ACK`, if the driver acknowledges.

use nix::errno::Errno;
use nix::sys::socket::setsockopt;

use crate::error::Malformed;
use crate::fields::Fields;
use crate::options::ExplainErrors;
use crate::wire::ENVELOPE_LEN;
use crate::{Error, Socket};

/// The flag of an [`Envelope`](crate::Envelope) that asks for an acknowledgement, `NLM_F_ACK`.
pub const ACKNOWLEDGE: u16 = 4;

/// The netlink message type of an acknowledgement, `NLMSG_ERROR`.
const ERROR: u16 = 2;

/// `NLM_F_CAPPED`: the message that it answers is not repeated, only its header.
const CAPPED: u16 = 0x100;

/// `NLM_F_ACK_TLVS`: attributes follow.
const ATTRIBUTES: u16 = 0x200;

/// The attribute that holds the words, `NLMSGERR_ATTR_MSG`.
const WORDS: u16 = 1;

/// The kernel's answer to one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledgement {
    /// The `seq` of the envelope that it answers.
    pub seq: u32,
    /// What was wrong; `None` when nothing was.
    pub error: Option<Errno>,
    /// What was wrong, in words, if the driver has some and the socket
    /// [asked](Socket::explain_errors) for them.
    pub words: Option<String>,
}

impl Acknowledgement {
    /// Reads a datagram; `None` if it is something else than an acknowledgement.
    pub fn decode(bytes: &[u8]) -> Result<Option<Self>, Malformed> {
        let mut fields = Fields::new(bytes);
        let short = Malformed::Short(bytes.len());
        fields.u32().ok_or(short)?;
        if fields.u16().ok_or(short)? != ERROR {
            return Ok(None);
        }
        let acknowledgement = Self::read(fields).ok_or(Malformed::Cut(ENVELOPE_LEN))?;
        Ok(Some(acknowledgement))
    }

    /// Reads what is behind the type (`struct nlmsghdr` and `struct nlmsgerr`).
    fn read(mut fields: Fields<'_>) -> Option<Self> {
        let flags = fields.u16()?;
        fields.take(8)?;
        let error = fields.u32()?.cast_signed();
        let len = usize::try_from(fields.u32()?).ok()?;
        fields.take(4)?;
        let seq = fields.u32()?;
        fields.take(4)?;
        if flags & CAPPED == 0 {
            fields.take(len.checked_sub(ENVELOPE_LEN)?.next_multiple_of(4))?;
        }
        let words = (flags & ATTRIBUTES != 0).then(|| words(fields)).flatten();
        Some(Self {
            seq,
            error: (error != 0).then(|| Errno::from_raw(error.wrapping_neg())),
            words,
        })
    }
}

/// The words among the attributes (`struct nlattr`).
fn words(mut attributes: Fields<'_>) -> Option<String> {
    loop {
        let len = usize::from(attributes.u16()?).checked_sub(4)?;
        let kind = attributes.u16()?;
        let value = attributes.take(len)?;
        if kind == WORDS {
            let text = value.strip_suffix(b"\0").unwrap_or(value);
            return Some(String::from_utf8_lossy(text).into_owned());
        }
        attributes.take(len.next_multiple_of(4) - len)?;
    }
}

impl Socket {
    /// From now on has errors explained in words where drivers have some.
    pub fn explain_errors(&self) -> Result<(), Error> {
        setsockopt(self, ExplainErrors, &true).map_err(|errno| Error::Refused {
            action: "have errors explained".to_owned(),
            errno,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the kernel answered a message of 30 bytes with `seq` 9: EPERM, and the words "no".
    fn refusal() -> Vec<u8> {
        let half = u16::to_ne_bytes;
        let word = u32::to_ne_bytes;
        [
            &word(60)[..],
            &half(ERROR),
            &half(ATTRIBUTES),
            &word(9),
            &word(77),
            &(-1_i32).to_ne_bytes(),
            // The header that it answers, and 14 bytes of payload with padding.
            &word(30),
            &half(3),
            &half(ACKNOWLEDGE),
            &word(9),
            &word(77),
            &[0xaa; 16],
            &half(7),
            &half(WORDS),
            b"no\0\0",
        ]
        .concat()
    }

    #[test]
    fn a_refusal_has_its_words() {
        let got = Acknowledgement::decode(&refusal()).unwrap().unwrap();
        let want = Acknowledgement {
            seq: 9,
            error: Some(Errno::EPERM),
            words: Some("no".to_owned()),
        };
        assert_eq!(got, want);
    }

    #[test]
    fn what_is_cut_is_malformed_or_has_no_words() {
        let bytes = refusal();
        for len in 0..52 {
            assert!(Acknowledgement::decode(&bytes[..len]).is_err(), "{len}");
        }
        for len in 52..59 {
            let got = Acknowledgement::decode(&bytes[..len]).unwrap().unwrap();
            assert_eq!(got.words, None, "{len}");
        }
    }

    #[test]
    fn another_type_is_something_else() {
        let mut bytes = refusal();
        bytes[4..6].copy_from_slice(&3_u16.to_ne_bytes());
        assert_eq!(Acknowledgement::decode(&bytes), Ok(None));
    }
}
