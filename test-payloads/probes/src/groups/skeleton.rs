// SPDX-License-Identifier: MIT OR Apache-2.0

//! The driver in `test-payloads/modules/skeleton`.

use anyhow::Result;
use connector::{Client, Id, Message};
use nix::errno::Errno;

use crate::acknowledged;
use crate::expect::{PATIENCE, same};
use crate::ktap::{Group, Test, Transcript};
use crate::modules::Module;

pub(crate) const GROUP: Group = Group {
    name: "skeleton",
    tests: &[
        Test::new("it-answers", answer),
        Test::new("it-says-what-is-wrong", refuse),
    ],
};

/// As the driver has them.
const NAME: &str = "skeleton";
const ID: Id = Id::new(0x17, 1);

/// Numbers as they are sent.
fn bytes(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|n| n.to_ne_bytes()).collect()
}

fn answer(transcript: &mut Transcript) -> Result<()> {
    let _driver = Module::load(NAME)?;
    let mut client = Client::open()?;
    for count in 1..=3 {
        let reply = client.request(ID, &bytes(&[17, 5]), PATIENCE)?;
        same("the reply", reply.data, bytes(&[3, 2, count]))?;
    }
    transcript.note("17 by 5, three times");
    Ok(())
}

fn refuse(_: &mut Transcript) -> Result<()> {
    let _driver = Module::load(NAME)?;
    let socket = acknowledged::open()?;
    for (numbers, error) in [(&[17, 0][..], Errno::EDOM), (&[17], Errno::EINVAL)] {
        let request = Message::new(ID, 1, 0, bytes(numbers));
        let answer = acknowledged::ask(&socket, request)?;
        same("what is wrong", answer.error, Some(error))?;
    }
    Ok(())
}
