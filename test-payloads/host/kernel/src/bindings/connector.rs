// SPDX-License-Identifier: MIT OR Apache-2.0

//! `linux/connector.h`, with the functions that drivers call. In the kernel these are in C
//! (`cn_exports.c`) and call the core, as here.

use std::ffi::{c_char, c_int, c_uint, c_void};
use std::ptr;

use super::{gfp_t, netlink_ext_ack, netlink_filter_fn, netlink_skb_parms, nlmsghdr};

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

/// What a driver in C has called for its messages.
pub type cn_callback = unsafe extern "C" fn(msg: *mut cn_msg, parameters: *mut netlink_skb_parms);

/// `struct cn_socket_data`: what a driver keeps in the socket of a client.
#[repr(C)]
pub struct cn_socket_data {
    /// Called when the socket is closed.
    pub release: Option<unsafe extern "C" fn(data: *mut cn_socket_data)>,
}

/// `struct cn_request`: a message, as a handler gets it.
#[repr(C)]
pub struct cn_request {
    /// Netlink's header of the message.
    pub nlh: *const nlmsghdr,
    /// The message.
    pub msg: *const cn_msg,
    /// Who sent it.
    pub parms: *const netlink_skb_parms,
    /// Where an error is explained, or null.
    pub extack: *mut netlink_ext_ack,
}

/// `cn_handler_fn`: what a driver has called for its messages, with its data.
pub type cn_handler_fn =
    Option<unsafe extern "C" fn(request: *const cn_request, data: *mut c_void) -> c_int>;

/// `CN_HANDLER_ACK`: senders who ask for it are told what the handler returns.
pub const CN_HANDLER_ACK: c_uint = 1;

unsafe extern "C" {
    fn rust_cn_add_handler(
        id: *const cb_id,
        name: *const c_char,
        handler: cn_handler_fn,
        data: *mut c_void,
        flags: c_uint,
    ) -> c_int;

    fn rust_cn_has_listeners(group: u32) -> bool;

    fn rust_cn_add_callback(
        id: *const cb_id,
        name: *const c_char,
        callback: Option<cn_callback>,
    ) -> c_int;

    fn rust_cn_del_callback(id: *const cb_id);

    fn rust_cn_netlink_send_mult(
        msg: *mut cn_msg,
        len: u16,
        portid: u32,
        group: u32,
        gfp_mask: gfp_t,
        filter: netlink_filter_fn,
        filter_data: *mut c_void,
    ) -> c_int;
}

/// Registers a callback. Returns 0 or an error.
///
/// # Safety
///
/// `id` and `name` must be valid, and `callback` must be callable until [`cn_del_callback`] has
/// returned.
pub unsafe extern "C" fn cn_add_callback(
    id: *const cb_id,
    name: *const c_char,
    callback: Option<cn_callback>,
) -> c_int {
    // SAFETY: Promised by the caller.
    unsafe { rust_cn_add_callback(id, name, callback) }
}

/// Registers a handler. Returns 0 or an error.
///
/// # Safety
///
/// As for [`cn_add_callback`], and `handler` must be callable with `data`.
pub unsafe extern "C" fn cn_add_handler(
    id: *const cb_id,
    name: *const c_char,
    handler: cn_handler_fn,
    data: *mut c_void,
    flags: c_uint,
) -> c_int {
    // SAFETY: Promised by the caller.
    unsafe { rust_cn_add_handler(id, name, handler, data, flags) }
}

/// Whether anybody listens to a group.
///
/// # Safety
///
/// None, but that functions in C are what they are.
pub unsafe extern "C" fn cn_has_listeners(group: u32) -> bool {
    // SAFETY: It takes any number.
    unsafe { rust_cn_has_listeners(group) }
}

/// Removes a callback or a handler.
///
/// # Safety
///
/// `id` must be valid.
pub unsafe extern "C" fn cn_del_callback(id: *const cb_id) {
    // SAFETY: Promised by the caller.
    unsafe { rust_cn_del_callback(id) }
}

/// Sends several messages. Returns the length, 0 or an error.
///
/// # Safety
///
/// `msg` must be valid with `len` bytes after the header, and `filter` callable with `filter_data`.
pub unsafe extern "C" fn cn_netlink_send_mult(
    msg: *mut cn_msg,
    len: u16,
    portid: u32,
    group: u32,
    gfp_mask: gfp_t,
    filter: netlink_filter_fn,
    filter_data: *mut c_void,
) -> c_int {
    // SAFETY: Promised by the caller.
    unsafe { rust_cn_netlink_send_mult(msg, len, portid, group, gfp_mask, filter, filter_data) }
}

/// Sends a message. Returns the length, 0 or an error.
///
/// # Safety
///
/// `msg` must be valid, with as many bytes after the header as it says.
pub unsafe extern "C" fn cn_netlink_send(
    msg: *mut cn_msg,
    portid: u32,
    group: u32,
    gfp_mask: gfp_t,
) -> c_int {
    // SAFETY: Promised by the caller.
    unsafe {
        let len = (*msg).len;
        cn_netlink_send_mult(msg, len, portid, group, gfp_mask, None, ptr::null_mut())
    }
}
