// SPDX-License-Identifier: MIT OR Apache-2.0

//! The socket options that `nix` has no names for: what it knows of them is how to pass them.
//! Its macros hold all the `unsafe` code of this crate.
#![allow(
    unsafe_code,
    reason = "the macros of nix pass a value of the very type that the kernel reads or writes"
)]

use nix::libc;
use nix::sys::socket::sockopt::{GetStruct, SetBool, SetStruct};

/// Adds the socket to a group, by number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AddMembership;

/// Takes the socket out of a group, by number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DropMembership;

/// Asks for what was wrong in words, besides a number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ExplainErrors;

/// What a socket's buffers hold and have dropped: words, of which [`DROPS`] is one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MemInfo;

/// Where in [`MemInfo`] the number of datagrams stands that found no room.
pub(crate) const DROPS: usize = libc::SK_MEMINFO_DROPS as usize;

nix::setsockopt_impl!(
    AddMembership,
    libc::SOL_NETLINK,
    libc::NETLINK_ADD_MEMBERSHIP,
    u32,
    SetStruct<'_, u32>
);
nix::setsockopt_impl!(
    DropMembership,
    libc::SOL_NETLINK,
    libc::NETLINK_DROP_MEMBERSHIP,
    u32,
    SetStruct<'_, u32>
);
nix::setsockopt_impl!(
    ExplainErrors,
    libc::SOL_NETLINK,
    libc::NETLINK_EXT_ACK,
    bool,
    SetBool
);
// A kernel with more words than these gives the first of them.
nix::getsockopt_impl!(
    MemInfo,
    libc::SOL_SOCKET,
    libc::SO_MEMINFO,
    [u32; DROPS + 1],
    GetStruct<[u32; DROPS + 1]>
);
