// SPDX-License-Identifier: MIT OR Apache-2.0

//! Networking.

pub mod netlink;
