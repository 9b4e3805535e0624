// SPDX-License-Identifier: MIT OR Apache-2.0

//! Process events for many listeners that come and go.

use anyhow::{Context, Result};
use connector::Socket;
use connector::process::{ID, Kinds, Request};

use crate::count::count;
use crate::expect::{same, silence};
use crate::ktap::{Group, Test, Transcript};
use crate::listener::{Listener, drain, in_words, subject, until_exit};
use crate::role::run;

pub(crate) const GROUP: Group = Group {
    name: "crowd",
    tests: &[Test::new("each-of-a-crowd-hears-what-it-asked-for", crowd)],
};

/// What listeners ask for, in turn, and what each then hears of a process that exits with 3.
const WISHES: [(Option<Kinds>, &str); 5] = [
    (Some(Kinds::EXIT), "exit 0x300 signal 17"),
    (Some(Kinds::NONZERO_EXIT), "exit 0x300 signal 17"),
    (Some(Kinds::FORK.union(Kinds::EXEC)), "fork, exec"),
    (Some(Kinds::UID), ""),
    // A member of the group that never asks.
    (None, "fork, exec, exit 0x300 signal 17"),
];

/// One of the crowd.
struct Member {
    wish: usize,
    socket: Socket,
}

impl Member {
    fn join(wish: usize) -> Result<Self> {
        let socket = Socket::open(&[ID.idx])?;
        if let (Some(kinds), _) = WISHES[wish] {
            socket.send(&Request::ListenTo(kinds.bits()).message(1, 1))?;
        }
        Ok(Self { wish, socket })
    }

    /// What it has heard of process `pid`.
    fn heard(&self, pid: u32) -> Result<String> {
        let events = drain(&self.socket)?;
        let ours = events
            .iter()
            .filter(|event| subject(&event.what) == Some(pid));
        let words: Vec<String> = ours.map(|event| in_words(&event.what)).collect();
        Ok(words.join(", "))
    }
}

/// A process lives and dies, and each member hears its part of that.
fn witness(crowd: &[Member], transcript: &mut Transcript) -> Result<()> {
    let first = Listener::open(Request::Listen)?;
    let child = run(&["exits", "3"])?;
    until_exit(&first.socket, child.pid)?;
    let mut heard = [0; WISHES.len()];
    for (number, member) in crowd.iter().enumerate() {
        let what = member.heard(child.pid)?;
        same("what was heard", what.as_str(), WISHES[member.wish].1)
            .with_context(|| format!("member {number}"))?;
        heard[member.wish] += 1;
    }
    transcript.note(format!("of each wish: {heard:?}"));
    Ok(())
}

/// Takes every third out of the crowd.
fn third(crowd: &mut Vec<Member>) -> Vec<Member> {
    let mut numbers = 0..;
    crowd
        .extract_if(.., |_| {
            numbers
                .next()
                .is_some_and(|number: usize| number.is_multiple_of(3))
        })
        .collect()
}

fn crowd(transcript: &mut Transcript) -> Result<()> {
    let listeners = count("listeners")?;
    let wishes = (0..WISHES.len()).cycle();
    let members = wishes.clone().take(listeners).map(Member::join);
    let mut crowd = members.collect::<Result<Vec<_>>>()?;
    witness(&crowd, transcript)?;
    // Some close, others take their places, and some stay without wanting to hear any more.
    drop(third(&mut crowd));
    witness(&crowd, transcript)?;
    for wish in wishes.take(listeners - crowd.len()) {
        crowd.push(Member::join(wish)?);
    }
    witness(&crowd, transcript)?;
    let quiet = third(&mut crowd);
    for member in &quiet {
        member.socket.send(&Request::Ignore.message(2, 1))?;
        drain(&member.socket)?;
    }
    witness(&crowd, transcript)?;
    let _listener = Listener::open(Request::Listen)?;
    run(&["exits", "3"])?;
    quiet.iter().try_for_each(|member| silence(&member.socket))
}
