// SPDX-License-Identifier: MIT OR Apache-2.0

//! Which events a listener asks for, and how.

use std::fmt;

use crate::Message;
use crate::process::{ID, What};

bitflags::bitflags! {
    /// A set of kinds of events; empty, it stands for all of them.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub struct Kinds: u32 {
        /// A process or thread was made.
        const FORK = 0x1;
        /// A process runs another program.
        const EXEC = 0x2;
        /// A thread changed its user.
        const UID = 0x4;
        /// A thread changed its group of users.
        const GID = 0x40;
        /// A process began a session.
        const SID = 0x80;
        /// A tracer came or went.
        const PTRACE = 0x100;
        /// A thread took another name.
        const COMM = 0x200;
        /// To listen to only: exits with a status other than 0.
        const NONZERO_EXIT = 0x2000_0000;
        /// A process dumps its core.
        const COREDUMP = 0x4000_0000;
        /// A thread ended, and its process with it if it was the last one.
        const EXIT = 0x8000_0000;
    }
}

impl Kinds {
    /// Whether the kernel reports `what` to a listener to these kinds, by its own rule.
    pub(crate) fn let_through(self, what: &What) -> bool {
        let failed = matches!(what, What::Exit { code, .. } if *code != 0);
        self.intersects(what.kind()) || failed && self.contains(Self::NONZERO_EXIT)
    }
}

/// As words like `FORK | EXIT`.
impl fmt::Display for Kinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        bitflags::parser::to_writer(self, f)
    }
}

/// What a listener asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// Every event (a control message of 4 bytes).
    Listen,
    /// The events of some kinds, as bits: those of [`Kinds`], or what the kernel is to make of
    /// others (8 bytes).
    ListenTo(u32),
    /// No events any more (4 bytes).
    Ignore,
}

impl Request {
    /// The message that asks for it.
    #[must_use]
    pub fn message(self, seq: u32, ack: u32) -> Message {
        const LISTEN: u32 = 1;
        const IGNORE: u32 = 2;
        let words: &[u32] = match self {
            Self::Listen => &[LISTEN],
            Self::ListenTo(kinds) => &[LISTEN, kinds],
            Self::Ignore => &[IGNORE],
        };
        let data: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        Message::new(ID, seq, ack, data)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_ne_bytes()).collect()
    }

    #[test]
    fn requests_have_four_or_eight_bytes() {
        assert_eq!(Request::Listen.message(1, 2).data, words(&[1]));
        assert_eq!(Request::Ignore.message(1, 2).data, words(&[2]));
        let request = Request::ListenTo(Kinds::NONZERO_EXIT.bits()).message(1, 2);
        assert_eq!(request.data, words(&[1, 0x2000_0000]));
        assert_eq!((request.id, request.seq, request.ack), (ID, 1, 2));
    }

    #[test]
    fn a_set_is_shown_in_words() {
        assert_eq!((Kinds::FORK | Kinds::EXIT).to_string(), "FORK | EXIT");
    }
}
