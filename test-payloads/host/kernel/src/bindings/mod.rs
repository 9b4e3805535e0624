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

/// `struct user_namespace`.
pub struct user_namespace {
    /// So that two of them cannot be at one place.
    pub _opaque: u8,
}

/// The initial user namespace.
pub static mut init_user_ns: user_namespace = user_namespace { _opaque: 0 };

/// Another one.
static mut OTHER_USER_NS: user_namespace = user_namespace { _opaque: 0 };

/// The user namespace of the current task: a test says which.
///
/// # Safety
///
/// None, but that functions in C are what they are.
pub unsafe fn current_user_ns() -> *mut user_namespace {
    if crate::host::user::in_initial_namespace() {
        &raw mut init_user_ns
    } else {
        &raw mut OTHER_USER_NS
    }
}
