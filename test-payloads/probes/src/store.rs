// SPDX-License-Identifier: MIT OR Apache-2.0

//! A client of the sample driver `samples/rust/rust_connector_store.rs`.

use anyhow::Result;
use connector::{Id, Message, Socket};

use crate::acknowledged;
use crate::expect::same;

/// As the sample has them.
pub(crate) const ID: Id = Id::new(0x16, 1);
pub(crate) const PUT: u32 = 1;
pub(crate) const GET: u32 = 2;
pub(crate) const REMOVE: u32 = 3;
pub(crate) const LIST: u32 = 4;

/// What an operation carries: `struct store_request`, and a value.
pub(crate) fn request(operation: u32, name: &str, value: &[u8]) -> Vec<u8> {
    let mut bytes = operation.to_ne_bytes().to_vec();
    bytes.extend(name.bytes().chain([0; 28]).take(28));
    bytes.extend(value);
    bytes
}

/// Sends `data`, and asks for an acknowledgement.
pub(crate) fn ask(socket: &Socket, seq: u32, data: Vec<u8>) -> Result<()> {
    acknowledged::send(socket, Message::new(ID, seq, 0, data))
}

/// Asks, and gives what was wrong: the error and its words.
pub(crate) fn outcome(socket: &Socket, data: Vec<u8>) -> Result<String> {
    ask(socket, 5, data)?;
    let answer = acknowledged::acknowledgement(socket)?;
    same("seq", answer.seq, 5)?;
    let error = answer.error.map(|errno| errno.desc());
    Ok(match (error, answer.words) {
        (None, None) => "done".to_owned(),
        (error, words) => format!("{error:?}, {words:?}"),
    })
}
