// SPDX-License-Identifier: MIT OR Apache-2.0

//! Events as the kernel's `cn_proc` reports them (`include/uapi/linux/cn_proc.h`).

use crate::fields::Fields;
use crate::process::Kinds;

/// A thread, by the numbers of the initial pid namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Thread {
    /// The thread itself.
    pub tid: u32,
    /// Its process.
    pub pid: u32,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A request of some listener was taken, or refused with a positive errno.
    Ack {
        /// The errno, or 0.
        error: u32,
    },
    /// A process was made, or a thread if `child` is not its own process's first.
    Fork {
        /// Who is the new one's parent.
        parent: Thread,
        /// The new one.
        child: Thread,
    },
    /// A process runs another program, in `thread` alone.
    Exec {
        /// Who does.
        thread: Thread,
    },
    /// A thread changed its user.
    Uid {
        /// Which thread.
        thread: Thread,
        /// The real user.
        real: u32,
        /// The effective user.
        effective: u32,
    },
    /// A thread changed its group of users.
    Gid {
        /// Which thread.
        thread: Thread,
        /// The real group.
        real: u32,
        /// The effective group.
        effective: u32,
    },
    /// A process began a session.
    Sid {
        /// Who did.
        thread: Thread,
    },
    /// A tracer came, or went.
    Ptrace {
        /// Who is traced.
        thread: Thread,
        /// By whom; 0 and 0 when it let go.
        tracer: Thread,
    },
    /// A thread took another name.
    Comm {
        /// Which thread.
        thread: Thread,
        /// At most 15 bytes, none of them zero.
        name: Vec<u8>,
    },
    /// A process dumps its core.
    Coredump {
        /// Whose fault it was.
        thread: Thread,
        /// Its parent.
        parent: Thread,
    },
    /// A thread ended.
    Exit {
        /// Which thread.
        thread: Thread,
        /// The status, as `wait(2)` has it.
        code: u32,
        /// The signal that its parent is sent.
        signal: u32,
        /// Its parent; 0 and 0 when that has waited for it before this was sent.
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
    /// When, by the monotonic clock of the initial time namespace.
    pub timestamp_ns: u64,
    /// What happened.
    pub what: What,
}

impl Event {
    /// Bytes of an event, `struct proc_event`.
    pub const LEN: usize = 40;

    /// Reads the data of a message of [`process::ID`](crate::process::ID); `None` if it is too short for what it says it is.
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
        let what = Kinds::from_bits_retain(what);
        if what.is_empty() {
            return Some(Self::Ack {
                error: fields.u32()?,
            });
        }
        let first = Thread::decode(fields)?;
        Some(match what {
            Kinds::FORK => Self::Fork {
                parent: first,
                child: Thread::decode(fields)?,
            },
            Kinds::EXEC => Self::Exec { thread: first },
            Kinds::SID => Self::Sid { thread: first },
            Kinds::PTRACE => Self::Ptrace {
                thread: first,
                tracer: Thread::decode(fields)?,
            },
            Kinds::COREDUMP => Self::Coredump {
                thread: first,
                parent: Thread::decode(fields)?,
            },
            Kinds::UID => Self::Uid {
                thread: first,
                real: fields.u32()?,
                effective: fields.u32()?,
            },
            Kinds::GID => Self::Gid {
                thread: first,
                real: fields.u32()?,
                effective: fields.u32()?,
            },
            Kinds::COMM => Self::Comm {
                thread: first,
                name: fields.take(16)?.split(|&byte| byte == 0).next()?.to_vec(),
            },
            Kinds::EXIT => Self::Exit {
                thread: first,
                code: fields.u32()?,
                signal: fields.u32()?,
                parent: Thread::decode(fields)?,
            },
            other => Self::Other(other.bits()),
        })
    }
    /// Who it happened to; of a fork, the new one. Nobody for what is not about a process, and for
    /// events that this version does not know.
    #[must_use]
    pub fn subject(&self) -> Option<Thread> {
        match *self {
            Self::Ack { .. } | Self::Other(_) => None,
            Self::Fork { child, .. } => Some(child),
            Self::Exec { thread }
            | Self::Uid { thread, .. }
            | Self::Gid { thread, .. }
            | Self::Sid { thread }
            | Self::Ptrace { thread, .. }
            | Self::Comm { thread, .. }
            | Self::Coredump { thread, .. }
            | Self::Exit { thread, .. } => Some(thread),
        }
    }

    /// Of what kind it is: none for an acknowledgement, exactly one for all other events.
    #[must_use]
    pub fn kind(&self) -> Kinds {
        match *self {
            Self::Ack { .. } => Kinds::empty(),
            Self::Fork { .. } => Kinds::FORK,
            Self::Exec { .. } => Kinds::EXEC,
            Self::Uid { .. } => Kinds::UID,
            Self::Gid { .. } => Kinds::GID,
            Self::Sid { .. } => Kinds::SID,
            Self::Ptrace { .. } => Kinds::PTRACE,
            Self::Comm { .. } => Kinds::COMM,
            Self::Coredump { .. } => Kinds::COREDUMP,
            Self::Exit { .. } => Kinds::EXIT,
            Self::Other(what) => Kinds::from_bits_retain(what),
        }
    }
}

impl Thread {
    fn decode(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self {
            tid: fields.u32()?,
            pid: fields.u32()?,
        })
    }

    /// Whether it is its process's first thread, whose number is that of the process.
    #[must_use]
    pub fn leads(self) -> bool {
        self.tid == self.pid
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_ne_bytes()).collect()
    }

    #[test]
    fn an_exit_has_its_fields_in_place() {
        let data = words(&[0x8000_0000, 2, 5, 0, 11, 10, 0x700, 17, 7, 6]);
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
        let mut data = words(&[0x200, 0, 0, 0, 1, 1]);
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
