// SPDX-License-Identifier: MIT OR Apache-2.0

//! Process events: who is heard, who hears, and what each may choose.

use anyhow::{Context, Result};
use connector::process::{ID, Kinds, Request, What};
use connector::{Message, Socket};
use nix::errno::Errno;

use crate::expect::{same, silence};
use crate::ktap::{Group, Test, Transcript};
use crate::listener::{Listener, acknowledged, drain, event, in_words, subject, until_exit};
use crate::role::{NOBODY, play, run};

pub(crate) const GROUP: Group = Group {
    name: "listening",
    tests: &[
        Test::new("a-filter-lets-its-events-through-alone", filters),
        Test::new(
            "an-unknown-operation-is-refused-to-its-face",
            unknown_operation,
        ),
        Test::new(
            "a-control-message-of-another-length-is-ignored",
            odd_lengths,
        ),
        Test::new(
            "a-member-that-never-asked-hears-while-another-listens",
            passive_member,
        ),
        Test::new("nobody-may-listen", nobody_listens),
        Test::new(
            "requests-from-another-pid-namespace-are-ignored",
            other_namespace,
        ),
    ],
};

fn filters(transcript: &mut Transcript) -> Result<()> {
    const GOOD: &str = "exit 0x0 signal 17";
    const BAD: &str = "exit 0x300 signal 17";
    let cases: [(Kinds, &[&str]); 4] = [
        (Kinds::EXIT, &[GOOD, BAD]),
        (Kinds::NONZERO_EXIT, &[BAD]),
        (Kinds::FORK | Kinds::EXEC, &["fork", "exec", "fork", "exec"]),
        // No event at all means every event.
        (Kinds::empty(), &["fork", "exec", GOOD, "fork", "exec", BAD]),
    ];
    for (kinds, want) in cases {
        let witness = Listener::open(Request::Listen)?;
        let listener = Listener::open(Request::ListenTo(kinds.bits()))?;
        let mut children = Vec::new();
        for status in ["0", "3"] {
            let child = run(&["exits", status])?;
            until_exit(&witness.socket, child.pid)?;
            children.push(child.pid);
        }
        let events = drain(&listener.socket)?.into_iter().map(|event| event.what);
        let ours = |what: &What| subject(what).is_some_and(|pid| children.contains(&pid));
        let words: Vec<_> = events.filter(ours).map(|what| in_words(&what)).collect();
        transcript.note(format!("{:#x}: {}", kinds.bits(), words.join(", ")));
        same(
            "the events",
            words,
            want.iter().map(ToString::to_string).collect(),
        )?;
    }
    Ok(())
}

/// The answer is heard only because another listens.
fn unknown_operation(transcript: &mut Transcript) -> Result<()> {
    let _listener = Listener::open(Request::Listen)?;
    let socket = Socket::open(&[ID.idx])?;
    for operation in [0_u32, 3, u32::MAX] {
        socket.send(&Message::new(ID, 1, 50, operation.to_ne_bytes()))?;
        let answer = event(&socket)?.what;
        transcript.note(format!("operation {operation}: {}", in_words(&answer)));
        same(
            "the answer",
            answer,
            What::Ack {
                error: Errno::EINVAL as u32,
            },
        )?;
    }
    silence(&socket)
}

fn odd_lengths(_: &mut Transcript) -> Result<()> {
    let listener = Listener::open(Request::Listen)?;
    for len in [0, 1, 2, 3, 5, 6, 7, 9, 12, 16, 1000] {
        let mut data = vec![0; len];
        data.iter_mut().take(1).for_each(|byte| *byte = 2);
        listener.socket.send(&Message::new(ID, 1, 1, data))?;
        let events = drain(&listener.socket)?;
        let acks = events
            .iter()
            .filter(|event| matches!(event.what, What::Ack { .. }))
            .count();
        same("acknowledgements", acks, 0).with_context(|| format!("{len} bytes"))?;
    }
    let again = Request::Listen.message(1, 60);
    listener.socket.send(&again)?;
    acknowledged(&listener.socket, &again)
}

fn passive_member(_: &mut Transcript) -> Result<()> {
    let passive = Socket::open(&[ID.idx])?;
    run(&["exits", "0"])?;
    silence(&passive)?;
    let listener = Listener::open(Request::Listen)?;
    let child = run(&["exits", "0"])?;
    let events = until_exit(&passive, child.pid)?;
    drop(listener);
    drain(&passive)?;
    let heard = |wanted: &What| events.iter().any(|event| event.what == *wanted);
    same("heard the ack", heard(&What::Ack { error: 0 }), true)?;
    same("heard the exec", heard(&What::Exec { thread: child }), true)?;
    run(&["exits", "0"])?;
    silence(&passive)
}

fn nobody_listens(transcript: &mut Transcript) -> Result<()> {
    let said = play(&["listens"], NOBODY)?;
    transcript.note(said.trim_end().replace('\n', ", "));
    // Nobody is left to hear the acknowledgement of the last to leave.
    same(
        "the answers",
        said.as_str(),
        "Listen: Some(Ack { error: 0 })\nIgnore: None\n",
    )
}

fn other_namespace(transcript: &mut Transcript) -> Result<()> {
    let said = play(&["in", "pid", "listens"], 0)?;
    transcript.note(said.trim_end().replace('\n', ", "));
    same("pid", said.as_str(), "Listen: None\nIgnore: None\n")
}
