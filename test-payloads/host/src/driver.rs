// SPDX-License-Identifier: MIT OR Apache-2.0

//! Drivers in C.

use std::cell::RefCell;
use std::ffi::{CStr, c_int};

use kernel::bindings::{cn_add_callback, cn_callback, cn_del_callback, cn_msg, netlink_skb_parms};

use crate::Id;

/// What a driver was called with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// To whom the message was.
    pub id: Id,
    /// The sender's port.
    pub portid: u32,
    /// What the message has of its own.
    pub payload: Vec<u8>,
}

thread_local! {
    static CALLS: RefCell<Vec<Received>> = const { RefCell::new(Vec::new()) };
}

/// What was recorded in this thread since the last time.
pub fn calls() -> Vec<Received> {
    CALLS.take()
}

/// A callback that records its calls, which are made in the thread of the sender.
///
/// # Safety
///
/// To be called by the core.
pub unsafe extern "C" fn record(msg: *mut cn_msg, parameters: *mut netlink_skb_parms) {
    // SAFETY: The core passes a message with as many bytes behind it as it says.
    let (id, payload) = unsafe {
        let len = usize::from((*msg).len);
        let payload = std::slice::from_raw_parts(msg.add(1).cast::<u8>(), len);
        ((*msg).id, payload.to_vec())
    };
    // SAFETY: The core passes those of the message.
    let portid = unsafe { (*parameters).portid };
    CALLS.with_borrow_mut(|calls| {
        calls.push(Received {
            id,
            portid,
            payload,
        });
    });
}

/// Registers a callback. Returns 0 or an error.
pub fn add(id: Id, name: &CStr, callback: cn_callback) -> c_int {
    // SAFETY: All that is pointed to is valid, and the callbacks of tests are always there.
    unsafe { cn_add_callback(&id, name.as_ptr(), Some(callback)) }
}

/// Removes a callback.
pub fn del(id: Id) {
    // SAFETY: The id is valid.
    unsafe { cn_del_callback(&id) };
}
