// SPDX-License-Identifier: MIT OR Apache-2.0

//! Drivers' modules that go, and leave something behind: a registration, or a running callback.

use std::ffi::CStr;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;

use host::{Core, Datagram, Id, add, calls, del, id, in_time, record, wait_until};
use kernel::bindings::{cn_callback, cn_msg, netlink_skb_parms};
use kernel::host::user::Socket;
use kernel::host::{log, modules, waiting};

const ID: Id = id(1, 1);

/// The module of the callbacks `record`, `stay` and `depart`; that of `another` stays.
const MODULE: &CStr = c"driver";

static INSIDE: AtomicBool = AtomicBool::new(false);
static GO: AtomicBool = AtomicBool::new(false);

unsafe extern "C" fn another(msg: *mut cn_msg, nsp: *mut netlink_skb_parms) {
    // SAFETY: The core's arguments are passed on.
    unsafe { record(msg, nsp) };
}

/// Stays inside until it is told to go.
unsafe extern "C" fn stay(_: *mut cn_msg, _: *mut netlink_skb_parms) {
    INSIDE.store(true, SeqCst);
    wait_until(|| GO.load(SeqCst));
    INSIDE.store(false, SeqCst);
}

/// Removes itself, and stays inside until it is told to go.
unsafe extern "C" fn depart(msg: *mut cn_msg, nsp: *mut netlink_skb_parms) {
    // SAFETY: The core passes a message.
    del(unsafe { (*msg).id });
    // SAFETY: The core's arguments are passed on.
    unsafe { stay(msg, nsp) };
}

// A function may have more than one address, as it does under Miri: here it is always this one.
static RECORD: cn_callback = record;
static STAY: cn_callback = stay;
static DEPART: cn_callback = depart;

fn module_goes() {
    let functions = [RECORD, STAY, DEPART].map(|function| function as usize);
    modules::go(MODULE, &functions);
}

fn send(id: Id) {
    let sent = Socket::open(1).send(&Datagram::new(id, b"").bytes());
    assert_eq!(sent, Ok(()));
}

#[test]
fn what_is_left_behind_is_named_and_not_called_any_more() {
    let core = Core::load();
    for (val, callback) in [RECORD, another, RECORD].into_iter().enumerate() {
        assert_eq!(add(id(5, val as u32), c"some", callback), 0);
    }
    module_goes();
    let left = |val| format!("some (5:{val}) was left behind by module driver\n");
    let mut said = log::take();
    said.sort();
    assert_eq!(said, [left(0), left(2)]);
    assert_eq!(core.rows(), Ok(b"some            5:1\n".to_vec()));
    (0..3).for_each(|val| send(id(5, val)));
    let called = Vec::from_iter(calls().into_iter().map(|call| call.id));
    assert_eq!(called, [id(5, 1)]);
    del(id(5, 1));
}

#[test]
fn who_leaves_nothing_behind_is_not_mentioned() {
    let _core = Core::load();
    assert_eq!(add(ID, c"some", RECORD), 0);
    del(ID);
    module_goes();
    // The core's end finds an empty log.
}

/// Lets the module go while `callback` runs, which must not be before that has ended.
fn goes_while_inside(callback: cn_callback, left_behind: bool) {
    in_time(move || {
        let _core = Core::load();
        GO.store(false, SeqCst);
        assert_eq!(add(ID, c"some", callback), 0);
        thread::scope(|scope| {
            scope.spawn(|| send(ID));
            wait_until(|| INSIDE.load(SeqCst));
            let end = scope.spawn(|| {
                module_goes();
                assert!(!INSIDE.load(SeqCst), "the module went under its callback");
            });
            wait_until(|| end.is_finished() || waiting::count() == 1);
            let waits = !end.is_finished();
            GO.store(true, SeqCst);
            assert!(waits, "the module went");
        });
        assert_eq!(!log::take().is_empty(), left_behind);
    });
}

#[test]
fn a_module_waits_for_a_callback_that_it_leaves_behind() {
    goes_while_inside(STAY, true);
}

#[test]
fn a_module_waits_for_a_callback_that_has_removed_itself() {
    goes_while_inside(DEPART, false);
}
