// SPDX-License-Identifier: MIT OR Apache-2.0

//! The driver in Rust with typed messages and credentials,
//! `samples/rust/rust_connector_store.rs`.

use anyhow::{Result, ensure};
use connector::{Id, Message};
use nix::errno::Errno;

use crate::acknowledged::{acknowledgement, open};
use crate::driver::{Does, Driver};
use crate::expect::{datagram, message, same, silence};
use crate::ktap::{Group, Test, Transcript};
use crate::modules::Module;
use crate::role::{NOBODY, play};
use crate::store::{GET, ID, LIST, PUT, REMOVE, ask, outcome, request};

pub(crate) const GROUP: Group = Group {
    name: "store",
    tests: &[
        Test::new("a-value-is-kept", keep),
        Test::new("who-does-not-ask-is-not-told", untold),
        Test::new("what-does-not-fit-is-refused-in-words", refuse),
        Test::new("a-value-belongs-to-its-user", own),
        Test::new("names-come-in-one-datagram", list),
        Test::new("a-driver-in-c-runs-beside-it", beside),
    ],
};

const NAME: &str = "rust_connector_store";

fn keep(_: &mut Transcript) -> Result<()> {
    let _store = Module::load(NAME)?;
    let socket = open()?;
    same(
        "put",
        outcome(&socket, request(PUT, "a", b"first"))?.as_str(),
        "done",
    )?;
    same(
        "replace",
        outcome(&socket, request(PUT, "a", b"second"))?.as_str(),
        "done",
    )?;
    ask(&socket, 6, request(GET, "a", b""))?;
    same(
        "the value",
        message(&socket)?,
        Message::new(ID, 6, 1, *b"second"),
    )?;
    same("get", acknowledgement(&socket)?.error, None)?;
    same(
        "remove",
        outcome(&socket, request(REMOVE, "a", b""))?.as_str(),
        "done",
    )?;
    ask(&socket, 7, request(GET, "a", b""))?;
    same("get", acknowledgement(&socket)?.error, Some(Errno::ENOENT))?;
    silence(&socket)
}

fn untold(_: &mut Transcript) -> Result<()> {
    let _store = Module::load(NAME)?;
    let socket = open()?;
    socket.send(&Message::new(ID, 1, 0, request(PUT, "a", b"value")))?;
    socket.send(&Message::new(ID, 2, 0, request(9, "a", b"")))?;
    socket.send(&Message::new(ID, 3, 0, *b"short"))?;
    silence(&socket)?;
    socket.send(&Message::new(ID, 4, u32::MAX, request(GET, "a", b"")))?;
    same(
        "the value",
        message(&socket)?,
        Message::new(ID, 4, 0, *b"value"),
    )?;
    silence(&socket)
}

fn refuse(transcript: &mut Transcript) -> Result<()> {
    let _store = Module::load(NAME)?;
    let socket = open()?;
    let whole = request(GET, "a", b"");
    for (what, data) in [
        ("nothing", vec![]),
        ("a request that is cut", whole[..31].to_vec()),
        ("a name that is not there", whole),
        ("no such operation", request(0, "a", b"")),
        ("a value of 256 bytes", request(PUT, "a", &[7; 256])),
        ("a value of 257 bytes", request(PUT, "a", &[7; 257])),
    ] {
        let outcome = outcome(&socket, data)?;
        transcript.note(format!("{what}: {outcome}"));
        ensure!(
            (outcome == "done") == (what == "a value of 256 bytes"),
            "{what}: {outcome}"
        );
    }
    for n in 1..64 {
        let name = n.to_string();
        same(
            "put",
            outcome(&socket, request(PUT, &name, b""))?.as_str(),
            "done",
        )?;
    }
    let one_too_many = outcome(&socket, request(PUT, "64", b""))?;
    ensure!(one_too_many != "done", "there is room for a value too many");
    transcript.note(format!("one too many: {one_too_many}"));
    silence(&socket)
}

fn own(transcript: &mut Transcript) -> Result<()> {
    let _store = Module::load(NAME)?;
    let socket = open()?;
    same(
        "root puts",
        outcome(&socket, request(PUT, "root's", b"1"))?.as_str(),
        "done",
    )?;
    same(
        "nobody puts",
        play(&["store", "1", "nobody's", "2"], NOBODY)?.as_str(),
        "done\n",
    )?;
    for (who, uid, name) in [("nobody", NOBODY, "root's"), ("root", 0, "nobody's")] {
        for operation in ["1", "3"] {
            let outcome = play(&["store", operation, name, ""], uid)?;
            transcript.note(format!(
                "{who} does {operation} to {name}: {}",
                outcome.trim_end()
            ));
            same(who, outcome == "done\n", uid == 0)?;
        }
    }
    // Root of a user namespace is root nowhere else.
    let outcome = play(&["in", "user", "store", "3", "root's", ""], NOBODY)?;
    transcript.note(format!("root of a user namespace: {}", outcome.trim_end()));
    ensure!(
        outcome != "done\n",
        "root of a user namespace removed what is root's"
    );
    Ok(())
}

fn list(_: &mut Transcript) -> Result<()> {
    let _store = Module::load(NAME)?;
    let socket = open()?;
    ask(&socket, 1, request(LIST, "", b""))?;
    same(
        "an empty list",
        acknowledgement(&socket)?.error,
        Some(Errno::ENOENT),
    )?;
    for name in ["b", "c", "a"] {
        same(
            "put",
            outcome(&socket, request(PUT, name, b"x"))?.as_str(),
            "done",
        )?;
    }
    ask(&socket, 8, request(LIST, "", b""))?;
    let names = ["a", "b", "c"].map(|name| Message::new(ID, 8, 1, &request(0, name, b"")[4..]));
    same(
        "the list",
        datagram(&socket)?.datagram()?.messages,
        names.to_vec(),
    )?;
    same("list", acknowledgement(&socket)?.error, None)
}

fn beside(_: &mut Transcript) -> Result<()> {
    let other = Id::new(23, 1);
    let _store = Module::load(NAME)?;
    let driver = Driver::open()?;
    let _echo = driver.add(other, Does::Echo)?;
    let socket = open()?;
    for seq in 0..100 {
        socket.send(&Message::new(other, seq, seq, *b"c"))?;
        socket.send(&Message::new(
            ID,
            seq,
            0,
            request(PUT, "a", &seq.to_ne_bytes()),
        ))?;
        socket.send(&Message::new(ID, seq, 0, request(GET, "a", b"")))?;
        same(
            "from C",
            message(&socket)?,
            Message::new(other, seq, seq + 1, *b"c"),
        )?;
        same(
            "from Rust",
            message(&socket)?,
            Message::new(ID, seq, 1, seq.to_ne_bytes()),
        )?;
    }
    silence(&socket)
}
