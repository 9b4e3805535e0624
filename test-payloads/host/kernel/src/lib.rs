// SPDX-License-Identifier: MIT OR Apache-2.0

//! A stand-in for the kernel crate, as far as the connector core uses it.
//!
//! What the core is written against is taken from the kernel tree itself where that can be
//! compiled here ([`init`], [`module::notifier`], [`net::netlink::socket`], [`proc_fs`],
//! [`seq_file`], [`sync::rcu::Slot`], the memory orderings). What lies below is replaced, with the
//! same names and the same meaning, and with what makes a mistake visible: memory that runs out
//! when a test says so, grace periods that really wait, and complaints about sleeping where that is
//! forbidden.
//!
//! [`host`] is what the tests see of it: the programs of userspace, and the kernel log.

// The kernel's files name the crate as a driver does.
extern crate self as kernel;

pub mod alloc;
pub mod bindings;
pub mod context;
pub mod error;
pub mod fmt;
pub mod host;
pub mod module;
pub mod net;
pub mod prelude;
pub mod str;
pub mod sync;
pub mod task;
pub mod types;

// A file of the tree keeps its own ways.
#[allow(missing_docs)]
#[path = "../../../../target/tree/rust/rust/kernel/init.rs"]
pub mod init;
#[allow(missing_docs)]
#[path = "../../../../target/tree/rust/rust/kernel/proc_fs.rs"]
pub mod proc_fs;
#[allow(missing_docs)]
#[path = "../../../../target/tree/rust/rust/kernel/seq_file.rs"]
pub mod seq_file;

pub use module::{Module, ThisModule};
pub use std::ffi;
