// SPDX-License-Identifier: MIT OR Apache-2.0

//! A client of the Linux netlink connector: messages between userspace and kernel drivers,
//! addressed by an [`Id`], and broadcasts from drivers to the members of a group.
//!
//! ```no_run
//! use std::time::Duration;
//! use connector::{Id, Message, Socket};
//!
//! # fn main() -> Result<(), connector::Error> {
//! let socket = Socket::open(&[])?;
//! socket.send(&Message::new(Id::new(3, 1), 7, 0, *b"hello"))?;
//! if let Some(received) = socket.receive(Duration::from_secs(1))? {
//!     println!("{:?}", received.datagram()?.messages);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! The layers, from the wire up: [`wire`] turns bytes into messages and back, [`Socket`] carries
//! them, [`process`] gives those of the kernel's process events their meaning.

#![deny(missing_docs, unsafe_code)]

/// The examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod acknowledgement;
mod client;
mod error;
mod fields;
mod options;
pub mod process;
mod socket;
pub mod wire;

pub use acknowledgement::{ACKNOWLEDGE, Acknowledgement};
pub use client::Client;
pub use error::{Error, Malformed};
pub use socket::{Received, Socket};
pub use wire::{Datagram, Envelope, Id, Message};
