// SPDX-License-Identifier: MIT OR Apache-2.0

//! The corpus of the fuzz target as an ordinary test: datagrams that a kernel sent, and some that
//! none should. They are in the byte order of the machines that most have.
#![cfg(target_endian = "little")]

#[path = "../fuzz/promise.rs"]
mod promise;

use std::fs;
use std::path::PathBuf;

use connector::process::{Event, ID, Thread, What};
use connector::{Acknowledgement, Datagram, Malformed};

fn corpus() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/datagram")
}

fn bytes(name: &str) -> Vec<u8> {
    fs::read(corpus().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The event that was recorded under that name.
fn recorded(name: &str) -> Event {
    let datagram = Datagram::decode(&bytes(name)).expect(name);
    assert_eq!((datagram.envelope.kind, datagram.envelope.port), (3, 0));
    let [message] = datagram.messages.as_slice() else {
        panic!("{name}: {datagram:?}");
    };
    assert_eq!((message.id, message.data.len()), (ID, Event::LEN));
    assert_eq!(datagram.envelope.seq, message.seq);
    Event::decode(&message.data).expect(name)
}

/// The first thread of a process.
fn first(pid: u32) -> Thread {
    Thread { tid: pid, pid }
}

#[test]
fn every_promise_holds_for_the_corpus_and_for_all_that_is_cut_off_it() {
    let mut files = 0;
    for entry in fs::read_dir(corpus()).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        for len in 0..=bytes.len() {
            promise::holds_for(&bytes[..len]);
        }
        files += 1;
    }
    assert!(files > 20, "only {files} files");
}

#[test]
fn all_that_a_kernel_reports_was_recorded() {
    let thread = first(23114);
    let (real, effective) = (65534, 65534);
    let parent = first(23111);
    let exit = |pid, code| What::Exit {
        thread: first(pid),
        code,
        signal: 17,
        parent,
    };
    let fork = What::Fork {
        parent: first(23070),
        child: parent,
    };
    for (name, what) in [
        ("ack", What::Ack { error: 0 }),
        ("fork", fork),
        ("exec", What::Exec { thread: parent }),
        ("exit", exit(23112, 0)),
        ("exit-failed", exit(23113, 7 << 8)),
        ("sid", What::Sid { thread }),
        (
            "comm",
            What::Comm {
                thread,
                name: b"sixteen letters".to_vec(),
            },
        ),
        (
            "gid",
            What::Gid {
                thread,
                real,
                effective,
            },
        ),
        (
            "uid",
            What::Uid {
                thread,
                real,
                effective,
            },
        ),
        (
            "ptrace-attach",
            What::Ptrace {
                thread: first(23115),
                tracer: parent,
            },
        ),
        (
            "ptrace-detach",
            What::Ptrace {
                thread: first(23115),
                tracer: first(0),
            },
        ),
        (
            "coredump",
            What::Coredump {
                thread: first(23116),
                parent,
            },
        ),
    ] {
        assert_eq!(recorded(name).what, what, "{name}");
    }
    assert_eq!(recorded("exec").cpu, 1);
    assert_eq!(recorded("exec").timestamp_ns, 7_289_811_139_013);
}

#[test]
fn what_no_kernel_should_send_is_refused_or_kept_as_it_is() {
    let refusal = |name| Datagram::decode(&bytes(name)).unwrap_err();
    let (claimed, present) = (76, 70);
    assert_eq!(refusal("cut"), Malformed::Claim { claimed, present });
    let (claimed, present) = (4096, 76);
    assert_eq!(
        refusal("claims-too-much"),
        Malformed::Claim { claimed, present }
    );
    assert_eq!(refusal("message-behind-the-end"), Malformed::Cut(16));
    let messages = |name| Datagram::decode(&bytes(name)).unwrap().messages;
    assert_eq!(messages("two-messages").len(), 2);
    assert_eq!(messages("no-message"), []);
    assert_eq!(messages("padding").len(), 1);
    assert_eq!(Event::decode(&messages("short-event")[0].data), None);
    assert_eq!(recorded("unknown-event").what, What::Other(0x400));
}

#[test]
fn an_acknowledgement_is_told_from_a_message() {
    let acknowledgement = |name| Acknowledgement::decode(&bytes(name)).unwrap();
    assert_eq!(acknowledgement("fork"), None);
    let good = acknowledgement("acknowledgement").unwrap();
    assert_eq!((good.error, good.words), (None, None));
    let refusal = acknowledgement("refusal-with-words").unwrap();
    assert_eq!(refusal.error, Some(nix::errno::Errno::ENOENT));
    assert_eq!(refusal.words.as_deref(), Some("no such name"));
}
