// SPDX-License-Identifier: MIT OR Apache-2.0

//! Netlink: the buffers of messages that the kernel sends. The tree's file has generic netlink,
//! too, of which there is nothing here.

use std::mem::ManuallyDrop;
use std::ptr::NonNull;

use crate::alloc::{self, AllocError};
use crate::bindings;
use crate::error::{code::EMSGSIZE, Result};

// Files of the tree keep their own ways, and a structure that one fills in has more fields there.
#[allow(missing_docs)]
#[path = "../../../../../target/tree/rust/rust/kernel/net/netlink/request.rs"]
pub mod request;

#[allow(missing_docs, clippy::needless_update)]
#[path = "../../../../../target/tree/rust/rust/kernel/net/netlink/socket.rs"]
pub mod socket;

/// A buffer for netlink messages.
///
/// # Invariants
///
/// `skb` is valid and ours.
pub struct NetlinkSkBuff {
    skb: NonNull<bindings::sk_buff>,
}

impl NetlinkSkBuff {
    /// A buffer with room for one message with `payload` bytes.
    pub fn for_message(payload: usize, flags: alloc::Flags) -> Result<Self, AllocError> {
        let skb = bindings::nlmsg_new(payload, flags.as_raw());
        // INVARIANT: `nlmsg_new` returns null or a buffer for the caller to free.
        Ok(Self {
            skb: NonNull::new(skb).ok_or(AllocError)?,
        })
    }

    /// Appends a message from the kernel.
    ///
    /// Returns [`EMSGSIZE`] and appends nothing if there is no room.
    pub fn put_message(&mut self, seq: u32, kind: u16, payload: &[u8]) -> Result {
        // SAFETY: The buffer is valid by the type invariants, and ours.
        let put = unsafe { bindings::nlmsg_put(self.skb.as_ptr(), seq, kind, payload) };
        put.then_some(()).ok_or(EMSGSIZE)
    }

    /// Notes the group that the buffer is sent to.
    fn set_group(&mut self, group: u32) {
        // SAFETY: The buffer is valid by the type invariants; its control block has room for the
        // parameters.
        unsafe {
            let parms = (&raw mut (*self.skb.as_ptr()).cb).cast::<bindings::netlink_skb_parms>();
            (*parms).dst_group = group;
        }
    }

    /// Gives up the buffer to C code that takes it over.
    fn into_raw(self) -> *mut bindings::sk_buff {
        ManuallyDrop::new(self).skb.as_ptr()
    }
}

impl Drop for NetlinkSkBuff {
    fn drop(&mut self) {
        // SAFETY: The buffer is ours by the type invariants.
        unsafe { bindings::nlmsg_free(self.skb.as_ptr()) };
    }
}
