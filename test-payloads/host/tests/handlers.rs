// SPDX-License-Identifier: MIT OR Apache-2.0

//! Callbacks with data, and what the sender of a message is told.

use std::ffi::{CStr, c_int, c_uint, c_void};
use std::sync::atomic::{AtomicU32, Ordering};

use host::{Core, Datagram, Id, del, id};
use kernel::bindings::{
    CN_HANDLER_ACK, cn_add_handler, cn_has_listeners, cn_request, cn_socket_data,
};
use kernel::error::code::{EINVAL, EPERM};
use kernel::host::user::Socket;

const PORT: u32 = 4711;
const ID: Id = id(5, 6);

/// `NLM_F_ACK`.
const ACK: u16 = 4;

/// `NLM_F_MULTI`.
const MULTI: u16 = 2;

/// `NLMSG_ERROR`.
const ERROR: u16 = 2;

/// The data of [`sum`].
static SUM: AtomicU32 = AtomicU32::new(0);

/// Adds the first byte of what it is sent to its data, and refuses what is empty.
///
/// # Safety
///
/// To be called by the core, registered with an [`AtomicU32`].
unsafe extern "C" fn sum(request: *const cn_request, data: *mut c_void) -> c_int {
    // SAFETY: The core passes a request, and the data that was registered.
    let (request, sum) = unsafe { (&*request, &*data.cast::<AtomicU32>()) };
    // SAFETY: All but the last is valid during the call.
    let (portid, len) = unsafe { ((*request.parms).portid, (*request.msg).len) };
    assert_eq!(portid, PORT);
    if len == 0 {
        // SAFETY: It is valid or null.
        if let Some(extack) = unsafe { request.extack.as_mut() } {
            extack._msg = c"nothing".as_ptr();
        }
        return EPERM.to_errno();
    }
    // SAFETY: The payload follows the header.
    let first = unsafe { *request.msg.add(1).cast::<u8>() };
    sum.fetch_add(first.into(), Ordering::Relaxed);
    0
}

fn add(name: &CStr, flags: c_uint) -> c_int {
    let data = (&raw const SUM).cast_mut().cast();
    // SAFETY: All that is pointed to is valid for ever.
    unsafe { cn_add_handler(&ID, name.as_ptr(), Some(sum), data, flags) }
}

/// The four bytes at `at`.
fn four(bytes: &[u8], at: usize) -> [u8; 4] {
    std::array::from_fn(|offset| bytes[at + offset])
}

/// Sends, with the number 9 and these flags, and gives the error and the words that come back.
fn send(socket: &Socket, payload: &[u8], flags: u16) -> Vec<(c_int, String)> {
    let mut bytes = Datagram::new(ID, payload).bytes();
    bytes[6..8].copy_from_slice(&flags.to_ne_bytes());
    bytes[8..12].copy_from_slice(&9u32.to_ne_bytes());
    assert_eq!(socket.send(&bytes), Ok(()));
    let answers = socket.receive().into_iter().map(|answer| {
        let len = u32::from_ne_bytes(four(&answer, 0));
        assert_eq!(u16::from_ne_bytes([answer[4], answer[5]]), ERROR);
        assert_eq!(u32::from_ne_bytes(four(&answer, 8)), 9, "the number");
        let error = c_int::from_ne_bytes(four(&answer, 16));
        let words = String::from_utf8_lossy(&answer[20..len as usize]);
        (error, words.into_owned())
    });
    answers.collect()
}

#[test]
fn each_of_several_messages_is_acknowledged() {
    let _core = Core::load();
    let socket = Socket::open(PORT);
    assert_eq!(add(c"sum", CN_HANDLER_ACK), 0);
    let message = |payload: &[u8], seq: u32| {
        let mut bytes = Datagram::new(ID, payload).bytes();
        bytes[6..8].copy_from_slice(&(ACK | MULTI).to_ne_bytes());
        bytes[8..12].copy_from_slice(&seq.to_ne_bytes());
        bytes
    };
    let datagram = [message(&[1, 2, 3, 4], 7), message(&[], 8)].concat();
    assert_eq!(socket.send(&datagram), Ok(()));
    let answers = socket.receive().into_iter().map(|answer| {
        let seq = u32::from_ne_bytes(four(&answer, 8));
        (seq, c_int::from_ne_bytes(four(&answer, 16)))
    });
    assert_eq!(Vec::from_iter(answers), [(7, 0), (8, EPERM.to_errno())]);
    del(ID);
}

#[test]
fn a_handler_gets_its_data() {
    let _core = Core::load();
    let socket = Socket::open(PORT);
    SUM.store(0, Ordering::Relaxed);
    assert_eq!(add(c"sum", 0), 0);
    assert_eq!(send(&socket, &[3], 0), []);
    assert_eq!(send(&socket, &[4], 0), []);
    assert_eq!(SUM.load(Ordering::Relaxed), 7);
    del(ID);
    assert_eq!(send(&socket, &[5], ACK), []);
    assert_eq!(SUM.load(Ordering::Relaxed), 7);
}

#[test]
fn who_asks_is_told_if_the_driver_acknowledges() {
    let _core = Core::load();
    let socket = Socket::open(PORT);
    assert_eq!(add(c"sum", CN_HANDLER_ACK), 0);
    assert_eq!(send(&socket, &[1], ACK), [(0, String::new())]);
    let refused = (EPERM.to_errno(), "nothing".to_owned());
    assert_eq!(send(&socket, &[], ACK), [refused]);
    assert_eq!(send(&socket, &[1], !ACK), []);
    assert_eq!(send(&socket, &[], 0), []);
    del(ID);
}

#[test]
fn nobody_is_told_if_the_driver_does_not_acknowledge() {
    let _core = Core::load();
    let socket = Socket::open(PORT);
    assert_eq!(add(c"sum", 0), 0);
    assert_eq!(send(&socket, &[1], ACK), []);
    assert_eq!(send(&socket, &[], ACK), []);
    del(ID);
}

#[test]
fn an_unknown_flag_and_a_taken_id_are_refused() {
    let core = Core::load();
    for flags in [2, 3, c_uint::MAX] {
        assert_eq!(add(c"sum", flags), EINVAL.to_errno());
    }
    assert_eq!(core.rows(), Ok(Vec::new()));
    assert_eq!(add(c"sum", 0), 0);
    assert_eq!(add(c"sum", 0), EINVAL.to_errno());
    assert_eq!(core.rows(), Ok(b"sum             5:6\n".to_vec()));
    del(ID);
}

/// What a driver keeps in a socket.
#[repr(C)]
struct Kept {
    data: cn_socket_data,
    released: AtomicU32,
}

/// Counts.
///
/// # Safety
///
/// To be called by the core, with a [`Kept`].
unsafe extern "C" fn release(data: *mut cn_socket_data) {
    // SAFETY: The data is the first field of what was kept.
    let kept = unsafe { &*data.cast::<Kept>() };
    kept.released.fetch_add(1, Ordering::Relaxed);
}

#[test]
fn what_is_kept_in_a_socket_is_released_with_it_once() {
    let _core = Core::load();
    let mut kept = Kept {
        data: cn_socket_data {
            release: Some(release),
        },
        released: AtomicU32::new(0),
    };
    assert!(kept.data.release.is_some());
    let socket = Socket::open(PORT);
    socket.keep((&raw mut kept).cast());
    drop(Socket::open(PORT + 1));
    assert_eq!(kept.released.load(Ordering::Relaxed), 0);
    drop(socket);
    assert_eq!(kept.released.load(Ordering::Relaxed), 1);
}

#[test]
fn whether_anybody_listens() {
    // SAFETY: It takes any number.
    let listeners = |group| unsafe { cn_has_listeners(group) };
    let mut core = Core::absent();
    assert!(!listeners(1));
    core.try_load().unwrap();
    let socket = Socket::open(PORT);
    assert!(!listeners(1));
    socket.join(1).unwrap();
    assert!(listeners(1) && !listeners(2));
    drop(socket);
    assert!(!listeners(1));
}
