// SPDX-License-Identifier: MIT OR Apache-2.0

//! `linux/netlink.h`, `net/netlink.h` and what they need.

use std::ffi::{c_char, c_int, c_uint, c_ulong, c_void, CStr};
use std::mem::offset_of;
use std::ptr;

use pin_init::Zeroable;

use super::{module, proc_dir_entry};
use crate::alloc::{allocate, flags::GFP_KERNEL, Flags};
use crate::error::code::{EAGAIN, ECONNREFUSED, ESRCH};
use crate::host::memory::Counted;
use crate::host::user;

/// `NETLINK_CONNECTOR`.
pub const NETLINK_CONNECTOR: u32 = 11;
/// `NLMSG_DONE`: the last message of several.
pub const NLMSG_DONE: u32 = 3;
/// `NLMSG_ERROR`: an acknowledgement.
pub const NLMSG_ERROR: u32 = 2;
/// `NLM_F_MULTI`: another message follows.
pub const NLM_F_MULTI: u32 = 2;
/// `NLMSG_ALIGNTO`: messages begin at multiples of it.
pub const NLMSG_ALIGNTO: u32 = 4;
/// `NLM_F_ACK`: the sender wants an acknowledgement.
pub const NLM_F_ACK: u32 = 4;
/// `NL_CFG_F_NONROOT_RECV`: everybody may join groups.
pub const NL_CFG_F_NONROOT_RECV: u32 = 1;

/// `struct nlmsghdr`, from the header for userspace.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct nlmsghdr {
    /// The length with this header, in bytes.
    pub nlmsg_len: u32,
    /// The kind of message.
    pub nlmsg_type: u16,
    /// Flags.
    pub nlmsg_flags: u16,
    /// Chosen by the sender.
    pub nlmsg_seq: u32,
    /// The port of the sender.
    pub nlmsg_pid: u32,
}

/// `struct netlink_skb_parms`.
#[repr(C)]
pub struct netlink_skb_parms {
    /// The port of the sender.
    pub portid: u32,
    /// The group that the message was sent to.
    pub dst_group: u32,
}

/// `struct netlink_ext_ack`.
#[repr(C)]
pub struct netlink_ext_ack {
    /// What is wrong, in words, or null.
    pub _msg: *const c_char,
}

// SAFETY: The pointer may be null.
unsafe impl Zeroable for netlink_ext_ack {}

/// Where C has [`sk_buff::cb`]; here Rust has the only say.
pub const SKB_CB_OFFSET: usize = offset_of!(sk_buff, cb);
/// Where C has [`sk_buff::data`].
pub const SKB_DATA_OFFSET: usize = offset_of!(sk_buff, data);
/// Where C has [`sk_buff::len`].
pub const SKB_LEN_OFFSET: usize = offset_of!(sk_buff, len);

/// `struct sk_buff`, linear.
#[repr(C)]
pub struct sk_buff {
    /// For who has the buffer at the moment; netlink keeps its parameters there.
    pub cb: [u64; 6],
    /// Where the content begins; never null.
    pub data: *mut u8,
    /// The length of the content in bytes.
    pub len: c_uint,
    /// How many bytes have room.
    size: usize,
    /// The room: aligned, as that of the kernel, and not a box, which would not let anybody else
    /// have its address.
    _room: Vec<u64>,
    _counted: Option<Counted>,
}

impl sk_buff {
    /// A buffer that userspace sends.
    pub(crate) fn from_user(portid: u32, bytes: &[u8]) -> Box<Self> {
        let mut skb = Self::new(bytes.len(), None);
        skb.append(bytes);
        // SAFETY: The control block is large and aligned enough.
        unsafe { (*skb.cb.as_mut_ptr().cast::<netlink_skb_parms>()).portid = portid };
        skb
    }

    /// An empty buffer.
    fn new(size: usize, _counted: Option<Counted>) -> Box<Self> {
        // One word more, so that there is always an address.
        let mut room = vec![0; size / size_of::<u64>() + 1];
        Box::new(Self {
            cb: [0; 6],
            data: room.as_mut_ptr().cast(),
            len: 0,
            size,
            _room: room,
            _counted,
        })
    }

    /// Appends to the content. Returns whether there was room.
    fn append(&mut self, bytes: &[u8]) -> bool {
        let len = self.len as usize;
        if self.size - len < bytes.len() {
            return false;
        }
        // SAFETY: The room is valid for `size` bytes from `data` on.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), self.data.add(len), bytes.len()) };
        self.len += bytes.len() as c_uint;
        true
    }

    /// The content.
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: `data` is valid for `len` bytes, and nobody else has the buffer.
        unsafe { std::slice::from_raw_parts(self.data, self.len as usize) }
    }
}

/// `struct net`.
#[repr(C)]
pub struct net {
    /// Its `/proc/net`.
    pub proc_net: *mut proc_dir_entry,
}

/// The initial network namespace, the only one.
pub static mut init_net: net = net {
    proc_net: ptr::null_mut(),
};

/// `struct sock`.
#[repr(C)]
pub struct sock {
    /// For the protocol's users.
    pub sk_user_data: *mut c_void,
    pub(crate) _counted: Option<Counted>,
}

/// `netlink_filter_fn`: whether the message is kept from a socket.
pub type netlink_filter_fn =
    Option<unsafe extern "C" fn(dsk: *mut sock, skb: *mut sk_buff, data: *mut c_void) -> c_int>;

/// `struct netlink_kernel_cfg`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct netlink_kernel_cfg {
    /// How many groups there are.
    pub groups: c_uint,
    /// Flags.
    pub flags: c_uint,
    /// Takes what userspace sends.
    pub input: Option<unsafe extern "C" fn(skb: *mut sk_buff)>,
    /// Whether a socket may join a group: 0 or an error.
    pub bind: Option<unsafe extern "C" fn(net: *mut net, group: c_int) -> c_int>,
    /// Told of a socket that is closed.
    pub release: Option<unsafe extern "C" fn(sk: *mut sock, groups: *mut c_ulong)>,
}

// SAFETY: Numbers and functions that may be absent.
unsafe impl Zeroable for netlink_kernel_cfg {}

/// Opens the kernel's socket. Returns null if there is no memory or the protocol is taken.
///
/// # Safety
///
/// The functions of `cfg` may be called until the socket is released.
pub unsafe fn __netlink_kernel_create(
    _net: *mut net,
    unit: c_int,
    _module: *mut module,
    cfg: *mut netlink_kernel_cfg,
) -> *mut sock {
    // SAFETY: Promised by the caller.
    let cfg = unsafe { *cfg };
    let Ok(counted) = allocate(GFP_KERNEL) else {
        return ptr::null_mut();
    };
    if !user::protocol_opens(unit, cfg) {
        return ptr::null_mut();
    }
    Box::into_raw(Box::new(sock {
        sk_user_data: ptr::null_mut(),
        _counted: Some(counted),
    }))
}

/// Closes the kernel's socket.
///
/// # Safety
///
/// `sk` must come from [`__netlink_kernel_create`] and is gone afterwards.
pub unsafe fn netlink_kernel_release(sk: *mut sock) {
    user::protocol_closes();
    // SAFETY: Promised by the caller.
    drop(unsafe { Box::from_raw(sk) });
}

/// Says for how many seconds a message waits for room in a queue. Here queues are never full.
///
/// # Safety
///
/// `sk` must be the kernel's socket.
pub unsafe fn sock_set_sndtimeo(_sk: *mut sock, _seconds: i64) {}

/// Whether anybody has joined the group.
///
/// # Safety
///
/// `sk` must be the kernel's socket.
pub unsafe fn netlink_has_listeners(_sk: *mut sock, group: c_uint) -> c_int {
    c_int::from(user::has_listeners(group))
}

/// Sends to a port. Returns the length or an error.
///
/// # Safety
///
/// `sk` must be the kernel's socket, and `skb` is taken over.
pub unsafe fn netlink_unicast(
    _sk: *mut sock,
    skb: *mut sk_buff,
    portid: u32,
    nonblock: c_int,
) -> c_int {
    // SAFETY: Promised by the caller.
    let skb = unsafe { Box::from_raw(skb) };
    if !user::has_room(portid, nonblock == 0) {
        return EAGAIN.to_errno();
    }
    match user::deliver(portid, skb.bytes()) {
        true => skb.len as c_int,
        false => ECONNREFUSED.to_errno(),
    }
}

/// Sends to all who have joined a group but the socket with the port `exclude`. Returns 0 or an
/// error.
///
/// # Safety
///
/// `sk` must be the kernel's socket, `skb` is taken over, and `filter` can be called with `data`.
pub unsafe fn netlink_broadcast_filtered(
    _sk: *mut sock,
    skb: *mut sk_buff,
    exclude: u32,
    group: u32,
    _allocation: super::gfp_t,
    filter: netlink_filter_fn,
    data: *mut c_void,
) -> c_int {
    // SAFETY: Promised by the caller.
    let mut skb = unsafe { Box::from_raw(skb) };
    let mut delivered = false;
    for portid in user::members(group) {
        let mut receiver = sock {
            sk_user_data: ptr::null_mut(),
            _counted: None,
        };
        // SAFETY: Promised by the caller.
        let mut refused = |skb| filter.is_some_and(|f| unsafe { f(&mut receiver, skb, data) } != 0);
        let skb: *mut sk_buff = &mut *skb;
        if portid != exclude && !refused(skb) {
            // SAFETY: The buffer is ours.
            delivered |= user::deliver(portid, unsafe { &*skb }.bytes());
        }
    }
    if delivered {
        0
    } else {
        ESRCH.to_errno()
    }
}

/// Takes `len` bytes off the front of a buffer.
///
/// # Safety
///
/// `skb` must be valid, and nobody else may use it.
pub unsafe fn skb_pull(skb: *mut sk_buff, len: c_uint) -> *mut c_void {
    // SAFETY: Promised by the caller.
    let skb = unsafe { &mut *skb };
    if len > skb.len {
        return ptr::null_mut();
    }
    skb.len -= len;
    skb.size -= len as usize;
    skb.data = skb.data.wrapping_add(len as usize);
    skb.data.cast()
}

/// Acknowledges a message: the header, the error, and the words without further ado.
///
/// # Safety
///
/// `skb`, `nlh` in it and `extack` must be valid.
pub unsafe fn netlink_ack(
    skb: *mut sk_buff,
    nlh: *mut nlmsghdr,
    err: c_int,
    extack: *const netlink_ext_ack,
) {
    // SAFETY: Promised by the caller.
    let (seq, words) = unsafe { ((*nlh).nlmsg_seq, (*extack)._msg) };
    // SAFETY: Promised by the caller; the control block has the parameters.
    let portid = unsafe { (*(&raw const (*skb).cb).cast::<netlink_skb_parms>()).portid };
    let mut payload = err.to_ne_bytes().to_vec();
    if !words.is_null() {
        // SAFETY: Drivers explain with strings.
        payload.extend(unsafe { CStr::from_ptr(words) }.to_bytes());
    }
    let size = size_of::<nlmsghdr>() + payload.len().next_multiple_of(4);
    let mut answer = sk_buff::new(size, None);
    // SAFETY: The buffer is ours.
    unsafe { nlmsg_put(&mut *answer, seq, NLMSG_ERROR as u16, &payload) };
    user::deliver(portid, answer.bytes());
}

/// Whether the current task has a capability: a test says so.
///
/// # Safety
///
/// As in C.
pub unsafe fn net_capable(_net: *const net, cap: c_int) -> bool {
    user::capable(cap)
}

/// Takes out what the protocol's users stored in a socket.
///
/// # Safety
///
/// `sk` must be valid, and nobody else may use its user data.
pub unsafe fn sk_take_user_data(sk: *mut sock) -> *mut c_void {
    // SAFETY: Promised by the caller.
    unsafe { std::mem::replace(&mut (*sk).sk_user_data, ptr::null_mut()) }
}

/// A buffer for a message with so many bytes of payload, or null.
pub(crate) fn nlmsg_new(payload: usize, flags: super::gfp_t) -> *mut sk_buff {
    let Ok(counted) = allocate(Flags::from_raw(flags)) else {
        return ptr::null_mut();
    };
    let size = (size_of::<nlmsghdr>() + payload).next_multiple_of(4);
    Box::into_raw(sk_buff::new(size, Some(counted)))
}

/// Appends a message from the kernel: no port, no flags. Returns whether there was room.
///
/// # Safety
///
/// `skb` must be valid, and the caller's.
pub(crate) unsafe fn nlmsg_put(skb: *mut sk_buff, seq: u32, kind: u16, payload: &[u8]) -> bool {
    let len = size_of::<nlmsghdr>() + payload.len();
    let mut message = (len as u32).to_ne_bytes().to_vec();
    message.extend(kind.to_ne_bytes());
    message.extend([0; 2]);
    message.extend(seq.to_ne_bytes());
    message.extend([0; 4]);
    message.extend(payload);
    message.resize(len.next_multiple_of(4), 0);
    // SAFETY: Promised by the caller.
    unsafe { &mut *skb }.append(&message)
}

/// Frees a buffer.
///
/// # Safety
///
/// `skb` must be valid and the caller's, and is gone afterwards.
pub(crate) unsafe fn nlmsg_free(skb: *mut sk_buff) {
    // SAFETY: Promised by the caller.
    drop(unsafe { Box::from_raw(skb) });
}
