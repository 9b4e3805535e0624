// SPDX-License-Identifier: MIT OR Apache-2.0

//! Who may do what: root, a user without privileges, and either in other namespaces.

use anyhow::Result;
use connector::{Id, Socket};
use nix::errno::Errno;

use crate::driver::{Does, Driver};
use crate::expect::{same, silence};
use crate::ktap::{Group, Test, Transcript};
use crate::proc_connector;
use crate::role::{NOBODY, POWERLESS, play};

pub(crate) const GROUP: Group = Group {
    name: "permissions",
    tests: &[
        Test::new("root-joins-every-group", root_joins),
        Test::new("nobody-joins-group-1-alone", nobody_joins),
        Test::new(
            "nobody-is-served-and-the-driver-knows-who-it-is",
            nobody_asks,
        ),
        Test::new("nobody-sends-to-no-port-and-no-group", nobody_sends),
        Test::new("nobody-reads-the-table", nobody_reads),
        Test::new("another-network-namespace-has-no-connector", other_network),
        Test::new(
            "root-of-a-user-namespace-gains-nothing",
            other_user_namespace,
        ),
    ],
};

/// An id of the test module.
const ID: Id = Id::new(22, 1);

fn all_groups() -> Vec<u32> {
    (1..=32).collect()
}

fn root_joins(transcript: &mut Transcript) -> Result<()> {
    let joined = play(&["joins"], 0)?;
    let all = all_groups();
    transcript.note(joined.trim_end().replace('\n', ", "));
    same(
        "groups",
        joined,
        format!("bind {all:?}\njoin {all:?}\nbind to 1 and 2: joined\n"),
    )
}

/// Group 1 is that of process events; its listeners have always been anybody.
fn nobody_joins(transcript: &mut Transcript) -> Result<()> {
    let joined = play(&["joins"], NOBODY)?;
    transcript.note(joined.trim_end().replace('\n', ", "));
    let refused = Errno::EPERM;
    same(
        "groups",
        joined,
        format!("bind [1]\njoin [1]\nbind to 1 and 2: {refused}\n"),
    )
}

fn nobody_asks(transcript: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let _echo = driver.add(ID, Does::Echo)?;
    let answer = play(&["asks", "22", "1"], NOBODY)?;
    let reply = connector::Message::new(ID, 7, 8, *b"asked");
    same("the answer", answer, format!("sent\n{:?}\n", [reply]))?;
    let uid = driver.seen()?.uid;
    transcript.note(format!("the driver saw user {uid}"));
    same("the user that the driver saw", uid, NOBODY)
}

fn nobody_sends(transcript: &mut Transcript) -> Result<()> {
    let bystander = Socket::open(&[ID.idx])?;
    let port = bystander.port().to_string();
    let mask = (1_u32 << (ID.idx - 1)).to_string();
    for (to, port, mask) in [("a port", port.as_str(), "0"), ("a group", "0", &mask)] {
        let answer = play(&["sends", port, mask], NOBODY)?;
        same(to, answer, format!("{}\n", Errno::EPERM))?;
        silence(&bystander)?;
        play(&["sends", port, mask], 0)?;
        crate::expect::datagram(&bystander)?;
        transcript.note(format!("to {to}: nobody may not, root may"));
    }
    Ok(())
}

fn nobody_reads(_: &mut Transcript) -> Result<()> {
    same(
        "the table",
        play(&["table"], NOBODY)?.as_str(),
        proc_connector::AT_REST,
    )
}

fn other_network(transcript: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let _echo = driver.add(ID, Does::Echo)?;
    let calls = driver.seen()?.calls;
    let answer = play(&["in", "net", "asks", "22", "1"], 0)?;
    transcript.note(answer.trim_end().replace('\n', ", "));
    same(
        "the answer",
        answer,
        format!("{}\nno reply\n", Errno::ECONNREFUSED),
    )?;
    same("calls", driver.seen()?.calls, calls)?;
    let table = play(&["in", "net", "table"], 0)?;
    transcript.note(format!("the table there: {}", table.trim_end()));
    same("the table", table.as_str(), "none\n")
}

/// In the network namespace of its own it may join what it likes, and nothing is sent there.
fn other_user_namespace(_: &mut Transcript) -> Result<()> {
    let here = play(&["in", "user", "joins"], NOBODY)?;
    let there = play(&["in", "user+net", "joins"], NOBODY)?;
    let all = all_groups();
    same(
        "there",
        there,
        format!("bind {all:?}\njoin {all:?}\nbind to 1 and 2: joined\n"),
    )?;
    // Not even process events: they are about the initial user namespace.
    let refused = Errno::EPERM;
    same(
        "here",
        here,
        format!("bind []\njoin []\nbind to 1 and 2: {refused}\n"),
    )?;
    let answer = play(&["in", "user+net", "asks", "22", "1"], NOBODY)?;
    same(
        "asking there",
        answer,
        format!("{}\nno reply\n", Errno::ECONNREFUSED),
    )?;
    // Who may do nothing there may join the group that was always open: nothing is sent to it.
    let powerless = play(&["in", POWERLESS, "joins"], NOBODY)?;
    same(
        "there, without capabilities",
        powerless,
        format!("bind [1]\njoin [1]\nbind to 1 and 2: {refused}\n"),
    )
}
