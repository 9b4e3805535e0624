// SPDX-License-Identifier: MIT OR Apache-2.0

//! What bindgen makes of the C headers, as far as the connector core uses it: types with the
//! fields that it uses, and functions with the contracts that they have in C.

#![allow(non_camel_case_types, non_upper_case_globals)]

mod netlink;
mod proc;
mod rcu;

pub use netlink::*;
pub use proc::*;
pub use rcu::*;

use std::ffi::{c_char, c_int, c_void};

/// `typedef unsigned int gfp_t`.
pub type gfp_t = u32;

/// `struct task_struct`.
pub struct task_struct {
    /// So that two of them cannot be at one place.
    pub _opaque: u8,
}

/// `struct module`.
pub enum module {}

/// `struct cb_id`, from the header for userspace.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct cb_id {
    /// Says which driver is meant.
    pub idx: u32,
    /// Tells several ids of one driver apart.
    pub val: u32,
}

/// `struct cn_msg`, from the header for userspace. The payload follows.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct cn_msg {
    /// To or from whom.
    pub id: cb_id,
    /// Chosen by the sender.
    pub seq: u32,
    /// Counts up from message to reply.
    pub ack: u32,
    /// The length of the payload in bytes.
    pub len: u16,
    /// Not used.
    pub flags: u16,
    /// The payload.
    pub data: [u8; 0],
}

/// `CN_IDX_PROC`: process events.
pub const CN_IDX_PROC: u32 = 1;
/// `CN_NETLINK_USERS`: the highest known index plus 1.
pub const CN_NETLINK_USERS: u32 = 11;
/// `CONNECTOR_MAX_MSG_SIZE`, in bytes.
pub const CONNECTOR_MAX_MSG_SIZE: u32 = 16384;
/// `CAP_NET_ADMIN`.
pub const CAP_NET_ADMIN: u32 = 12;

/// What a driver in C has called for its messages.
pub type cn_callback = unsafe extern "C" fn(msg: *mut cn_msg, parameters: *mut netlink_skb_parms);

// The core defines these.
unsafe extern "C" {
    /// Registers a callback.
    pub fn cn_add_callback(
        id: *const cb_id,
        name: *const c_char,
        callback: Option<cn_callback>,
    ) -> c_int;

    /// Removes a callback.
    pub fn cn_del_callback(id: *const cb_id);

    /// Sends several messages.
    pub fn cn_netlink_send_mult(
        msg: *mut cn_msg,
        len: u16,
        portid: u32,
        group: u32,
        gfp_mask: gfp_t,
        filter: netlink_filter_fn,
        filter_data: *mut c_void,
    ) -> c_int;

    /// Sends a message.
    pub fn cn_netlink_send(msg: *mut cn_msg, portid: u32, group: u32, gfp_mask: gfp_t) -> c_int;
}

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
