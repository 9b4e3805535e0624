// SPDX-License-Identifier: MIT OR Apache-2.0

//! `cargo +nightly fuzz run datagram`, in the folder of the crate `connector`.

#![no_main]

#[path = "../promise.rs"]
mod promise;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| promise::holds_for(bytes));
