// SPDX-License-Identifier: MIT OR Apache-2.0

//! What bindgen makes of the C headers, as far as the connector core uses it: types with the
//! fields that it uses, and functions with the contracts that they have in C.

#![allow(non_camel_case_types, non_upper_case_globals)]

mod connector;
mod modules;
mod netlink;
mod proc;
mod rcu;

pub use connector::*;
pub use modules::*;
pub use netlink::*;
pub use proc::*;
pub use rcu::*;

use std::ffi::c_void;

/// `typedef unsigned int gfp_t`.
pub type gfp_t = u32;

/// `struct task_struct`, aligned as in the kernel, so that some bits of its address are free.
#[repr(align(64))]
pub struct task_struct {
    /// So that two of them cannot be at one place.
    pub _opaque: u8,
}

/// `CAP_NET_ADMIN`.
pub const CAP_NET_ADMIN: u32 = 12;

/// Frees memory. Nothing here allocates any that the core would have to free.
///
/// # Safety
///
/// As in C.
pub unsafe fn kfree(pointer: *const c_void) {
    if !pointer.is_null() {
        crate::host::log::bug(format_args!("kfree() of what was not allocated"));
    }
}
