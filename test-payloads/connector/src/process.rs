// SPDX-License-Identifier: MIT OR Apache-2.0

//! Process events: what the kernel's `cn_proc` is asked and what it tells
//! (`include/uapi/linux/cn_proc.h`).

use crate::fields::Fields;
use crate::{Id, Message};

/// The id of process events. Its `idx` is also their group.
pub const ID: Id = Id::new(1, 1);

/// What a listener asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// Every event (a control message of 4 bytes).
    Listen,
    /// The events of a mask of [`mask`] bits (8 bytes).
    ListenTo(u32),
    /// No events any more (4 bytes).
    Ignore,
}

/// The bits that [`Request::ListenTo`] takes, and the `what` of the events.
#[allow(missing_docs, reason = "the names say it")]
pub mod mask {
    pub const NONE: u32 = 0;
    pub const FORK: u32 = 0x1;
    pub const EXEC: u32 = 0x2;
    pub const UID: u32 = 0x4;
    pub const GID: u32 = 0x40;
    pub const SID: u32 = 0x80;
    pub const PTRACE: u32 = 0x100;
    pub const COMM: u32 = 0x200;
    /// Only to listen to: exits with a status other than 0.
    pub const NONZERO_EXIT: u32 = 0x2000_0000;
    pub const COREDUMP: u32 = 0x4000_0000;
    pub const EXIT: u32 = 0x8000_0000;
}

impl Request {
    /// The message that asks for it.
    #[must_use]
    pub fn message(self, seq: u32, ack: u32) -> Message {
        const LISTEN: u32 = 1;
        const IGNORE: u32 = 2;
        let words: &[u32] = match self {
            Self::Listen => &[LISTEN],
            Self::ListenTo(mask) => &[LISTEN, mask],
            Self::Ignore => &[IGNORE],
        };
        let data: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        Message::new(ID, seq, ack, data)
    }
}

/// A thread, by the numbers of the initial pid namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thread {
    /// The thread itself.
    pub tid: u32,
    /// Its process.
    pub pid: u32,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum What {
    /// A request was taken (`error` 0) or refused (a positive errno).
    Ack {
        error: u32,
    },
    Fork {
        parent: Thread,
        child: Thread,
    },
    Exec {
        thread: Thread,
    },
    Uid {
        thread: Thread,
        real: u32,
        effective: u32,
    },
    Gid {
        thread: Thread,
        real: u32,
        effective: u32,
    },
    Sid {
        thread: Thread,
    },
    /// The tracer is 0:0 when it let go.
    Ptrace {
        thread: Thread,
        tracer: Thread,
    },
    /// The name has at most 15 bytes.
    Comm {
        thread: Thread,
        name: Vec<u8>,
    },
    Coredump {
        thread: Thread,
        parent: Thread,
    },
    /// `code` as `wait(2)` has it; `signal` is what the parent is sent.
    Exit {
        thread: Thread,
        code: u32,
        signal: u32,
        parent: Thread,
    },
    /// An event that this version does not know.
    Other(u32),
}

/// A process event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The CPU it happened on; `seq` of the message counts without gaps for each CPU.
    pub cpu: u32,
    /// Nanoseconds since boot.
    pub timestamp_ns: u64,
    /// What happened.
    pub what: What,
}

impl Event {
    /// Bytes of an event, `struct proc_event`.
    pub const LEN: usize = 40;

    /// Reads the data of a message of [`ID`]; `None` if it is too short for what it says it is.
    #[must_use]
    pub fn decode(data: &[u8]) -> Option<Self> {
        let mut fields = Fields::new(data);
        let what = fields.u32()?;
        let cpu = fields.u32()?;
        let timestamp_ns = fields.u64()?;
        let what = What::decode(what, &mut fields)?;
        Some(Self {
            cpu,
            timestamp_ns,
            what,
        })
    }
}

impl What {
    fn decode(what: u32, fields: &mut Fields<'_>) -> Option<Self> {
        if what == mask::NONE {
            return Some(Self::Ack {
                error: fields.u32()?,
            });
        }
        let mut thread = || {
            Some(Thread {
                tid: fields.u32()?,
                pid: fields.u32()?,
            })
        };
        let first = thread()?;
        Some(match what {
            mask::FORK => Self::Fork {
                parent: first,
                child: thread()?,
            },
            mask::EXEC => Self::Exec { thread: first },
            mask::SID => Self::Sid { thread: first },
            mask::PTRACE => Self::Ptrace {
                thread: first,
                tracer: thread()?,
            },
            mask::COREDUMP => Self::Coredump {
                thread: first,
                parent: thread()?,
            },
            mask::UID => Self::Uid {
                thread: first,
                real: fields.u32()?,
                effective: fields.u32()?,
            },
            mask::GID => Self::Gid {
                thread: first,
                real: fields.u32()?,
                effective: fields.u32()?,
            },
            mask::COMM => Self::Comm {
                thread: first,
                name: fields.take(16)?.split(|&byte| byte == 0).next()?.to_vec(),
            },
            mask::EXIT => Self::Exit {
                thread: first,
                code: fields.u32()?,
                signal: fields.u32()?,
                parent: Thread {
                    tid: fields.u32()?,
                    pid: fields.u32()?,
                },
            },
            other => Self::Other(other),
        })
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
        let request = Request::ListenTo(mask::NONZERO_EXIT).message(1, 2);
        assert_eq!(request.data, words(&[1, 0x2000_0000]));
        assert_eq!((request.id, request.seq, request.ack), (ID, 1, 2));
    }

    #[test]
    fn an_exit_has_its_fields_in_place() {
        let data = words(&[mask::EXIT, 2, 5, 0, 11, 10, 0x700, 17, 7, 6]);
        let event = Event::decode(&data).unwrap();
        assert_eq!((event.cpu, data.len()), (2, Event::LEN));
        assert_eq!(
            event.what,
            What::Exit {
                thread: Thread { tid: 11, pid: 10 },
                code: 0x700,
                signal: 17,
                parent: Thread { tid: 7, pid: 6 },
            }
        );
        assert_eq!(Event::decode(&data[..36]), None);
    }

    #[test]
    fn a_name_ends_at_its_first_zero() {
        let mut data = words(&[mask::COMM, 0, 0, 0, 1, 1]);
        data.extend(b"fifteen letters\0");
        let name = b"fifteen letters".to_vec();
        let thread = Thread { tid: 1, pid: 1 };
        assert_eq!(
            Event::decode(&data).unwrap().what,
            What::Comm { thread, name }
        );
    }

    #[test]
    fn an_unknown_event_is_kept() {
        let data = words(&[0x400, 0, 0, 0, 1, 1]);
        assert_eq!(Event::decode(&data).unwrap().what, What::Other(0x400));
    }
}
