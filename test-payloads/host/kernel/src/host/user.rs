// SPDX-License-Identifier: MIT OR Apache-2.0

//! The programs of userspace: sockets with ports, that send, join groups and receive.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use crate::bindings::{init_net, netlink_kernel_cfg, sk_buff, sock};
use crate::error::{code::ECONNREFUSED, to_result, Result};

/// The kernel's side of the protocol. Held by those who are in it: it closes after they left.
static PROTOCOL: RwLock<Option<netlink_kernel_cfg>> = RwLock::new(None);

/// What a socket of userspace has.
#[derive(Default)]
struct State {
    groups: Vec<u32>,
    is_full: bool,
    received: Vec<Vec<u8>>,
}

static SOCKETS: Mutex<BTreeMap<u32, State>> = Mutex::new(BTreeMap::new());

fn sockets() -> MutexGuard<'static, BTreeMap<u32, State>> {
    SOCKETS.lock().unwrap_or_else(PoisonError::into_inner)
}

thread_local! {
    static WAITS: Cell<usize> = const { Cell::new(0) };
    static CAPABILITY: Cell<Option<c_int>> = const { Cell::new(None) };
    static ELSEWHERE: Cell<bool> = const { Cell::new(false) };
}

/// Takes this thread to another user namespace, or back.
pub fn set_elsewhere(elsewhere: bool) {
    ELSEWHERE.set(elsewhere);
}

/// Whether this thread is in the initial user namespace.
pub(crate) fn in_initial_namespace() -> bool {
    !ELSEWHERE.get()
}

/// Gives this thread one capability, or takes it away.
pub fn set_capability(capability: Option<c_int>) {
    CAPABILITY.set(capability);
}

/// A socket of a program.
pub struct Socket {
    portid: u32,
    data: AtomicPtr<c_void>,
}

impl Socket {
    /// Opens a socket with a port that no other one has.
    pub fn open(portid: u32) -> Self {
        sockets().insert(portid, State::default());
        Self {
            portid,
            data: AtomicPtr::default(),
        }
    }

    /// Has the socket keep what a driver puts into it.
    pub fn keep(&self, data: *mut c_void) {
        self.data.store(data, Ordering::Relaxed);
    }

    /// Sends a datagram to the kernel. Returns [`ECONNREFUSED`] if nobody is there to take it.
    pub fn send(&self, datagram: &[u8]) -> Result {
        let protocol = PROTOCOL.read().unwrap_or_else(PoisonError::into_inner);
        let input = protocol.as_ref().and_then(|cfg| cfg.input);
        let mut skb = sk_buff::from_user(self.portid, datagram);
        // SAFETY: The protocol is open, and the buffer lives during the call.
        unsafe { input.ok_or(ECONNREFUSED)?(&mut *skb) };
        Ok(())
    }

    /// Joins a group, if the kernel lets the thread.
    pub fn join(&self, group: u32) -> Result {
        let protocol = PROTOCOL.read().unwrap_or_else(PoisonError::into_inner);
        let bind = protocol.as_ref().and_then(|cfg| cfg.bind);
        // SAFETY: The protocol is open. Groups are handed on as they are, also those that netlink
        // itself would refuse.
        to_result(unsafe { bind.ok_or(ECONNREFUSED)?(&raw mut init_net, group as c_int) })?;
        if let Some(state) = sockets().get_mut(&self.portid) {
            state.groups.push(group);
        }
        Ok(())
    }

    /// Leaves no room for what is sent to this socket alone.
    pub fn fill(&self) {
        if let Some(state) = sockets().get_mut(&self.portid) {
            state.is_full = true;
        }
    }

    /// Takes the datagrams that arrived.
    pub fn receive(&self) -> Vec<Vec<u8>> {
        sockets()
            .get_mut(&self.portid)
            .map(|state| std::mem::take(&mut state.received))
            .unwrap_or_default()
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        sockets().remove(&self.portid);
        let protocol = PROTOCOL.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(release) = protocol.as_ref().and_then(|cfg| cfg.release) {
            let mut sk = sock {
                sk_user_data: self.data.load(Ordering::Relaxed),
                _counted: None,
            };
            // SAFETY: The protocol is open, and the socket is out of use.
            unsafe { release(&mut sk, std::ptr::null_mut()) };
        }
    }
}

/// Opens the kernel's side. Returns whether it was closed.
pub(crate) fn protocol_opens(_number: c_int, cfg: netlink_kernel_cfg) -> bool {
    let mut protocol = PROTOCOL.write().unwrap_or_else(PoisonError::into_inner);
    let closed = protocol.is_none();
    if closed {
        *protocol = Some(cfg);
    }
    closed
}

/// Closes the kernel's side, after those who are in it have left.
pub(crate) fn protocol_closes() {
    *PROTOCOL.write().unwrap_or_else(PoisonError::into_inner) = None;
}

/// How often this thread has waited for room since the last time, in vain.
pub fn waits() -> usize {
    WAITS.take()
}

/// Whether the socket with that port has room; if it has not, this waits if it may.
pub(crate) fn has_room(portid: u32, may_wait: bool) -> bool {
    let is_full = sockets().get(&portid).is_some_and(|state| state.is_full);
    if is_full && may_wait {
        WAITS.set(WAITS.get() + 1);
    }
    !is_full
}

/// Whether anybody has joined the group.
pub(crate) fn has_listeners(group: u32) -> bool {
    !members(group).is_empty()
}

/// The ports of those who have joined the group.
pub(crate) fn members(group: u32) -> Vec<u32> {
    let sockets = sockets();
    let members = sockets.iter().filter(|(_, s)| s.groups.contains(&group));
    members.map(|(portid, _)| *portid).collect()
}

/// Puts a datagram into the queue of a socket. Returns whether there is such a one.
pub(crate) fn deliver(portid: u32, datagram: &[u8]) -> bool {
    let mut sockets = sockets();
    let state = sockets.get_mut(&portid);
    state.is_some_and(|state| {
        state.received.push(datagram.to_vec());
        true
    })
}

/// Whether this thread has the capability.
pub(crate) fn capable(capability: c_int) -> bool {
    CAPABILITY.get() == Some(capability)
}
