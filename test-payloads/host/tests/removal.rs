// SPDX-License-Identifier: MIT OR Apache-2.0

//! Removal while callbacks run: when it returns, nobody runs the callback any more but the caller.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread;

use host::{Core, Datagram, Id, add, calls, cases, del, id, in_time, record, wait_until};
use kernel::alloc::flags::{GFP_ATOMIC, GFP_KERNEL};
use kernel::bindings::{cn_msg, cn_netlink_send, gfp_t, netlink_skb_parms};
use kernel::error::code::EAGAIN;
use kernel::host::user::{self, Socket};
use kernel::host::waiting;

const ID: Id = id(1, 1);

/// How many are inside the callback, and how many may go on.
static INSIDE: AtomicUsize = AtomicUsize::new(0);
static GO: AtomicBool = AtomicBool::new(false);

fn send(portid: u32, id: Id) {
    let sent = Socket::open(portid).send(&Datagram::new(id, b"").bytes());
    assert_eq!(sent, Ok(()));
}

/// Stays inside until it is told to go.
unsafe extern "C" fn stay(_: *mut cn_msg, _: *mut netlink_skb_parms) {
    INSIDE.fetch_add(1, SeqCst);
    wait_until(|| GO.load(SeqCst));
    INSIDE.fetch_sub(1, SeqCst);
}

/// Lets `senders` tasks into the callback and `removers` remove it meanwhile.
fn removed_while_inside(senders: usize, removers: usize) {
    in_time(move || {
        let _core = Core::load();
        GO.store(false, SeqCst);
        assert_eq!(add(ID, c"driver", stay), 0);
        thread::scope(|scope| {
            for portid in 1..=senders as u32 {
                scope.spawn(move || send(portid, ID));
            }
            wait_until(|| INSIDE.load(SeqCst) == senders);
            let removals = Vec::from_iter((0..removers).map(|_| {
                scope.spawn(|| {
                    del(ID);
                    assert_eq!(INSIDE.load(SeqCst), 0, "removed under a callback");
                })
            }));
            let one_returned = || removals.iter().any(thread::ScopedJoinHandle::is_finished);
            wait_until(|| one_returned() || waiting::count() == removers);
            let all_wait = !one_returned();
            GO.store(true, SeqCst);
            assert!(all_wait, "a removal returned");
        });
    });
}

#[test]
fn a_removal_waits_for_the_callback() {
    removed_while_inside(1, 1);
}

#[test]
fn a_removal_waits_for_a_crowd() {
    removed_while_inside(9, 1);
}

/// How many have ever come in to leave in turn, and how many of them may.
static TICKETS: AtomicUsize = AtomicUsize::new(0);
static MAY_LEAVE: AtomicUsize = AtomicUsize::new(0);

/// Stays inside until those who came before may go, and it too.
unsafe extern "C" fn leave_in_turn(_: *mut cn_msg, _: *mut netlink_skb_parms) {
    let ticket = TICKETS.fetch_add(1, SeqCst);
    INSIDE.fetch_add(1, SeqCst);
    wait_until(|| MAY_LEAVE.load(SeqCst) > ticket);
    INSIDE.fetch_sub(1, SeqCst);
}

/// Those who came first, and found places, have left.
#[test]
fn a_removal_waits_for_who_is_left_of_a_crowd() {
    const SENDERS: usize = 5;
    in_time(|| {
        let _core = Core::load();
        assert_eq!(add(ID, c"driver", leave_in_turn), 0);
        thread::scope(|scope| {
            for came in 1..=SENDERS {
                scope.spawn(move || send(came as u32, ID));
                wait_until(|| INSIDE.load(SeqCst) == came);
            }
            MAY_LEAVE.store(SENDERS - 1, SeqCst);
            wait_until(|| INSIDE.load(SeqCst) == 1);
            let removal = scope.spawn(|| del(ID));
            wait_until(|| removal.is_finished() || waiting::count() == 1);
            let waits = !removal.is_finished();
            MAY_LEAVE.store(SENDERS, SeqCst);
            assert!(waits, "the removal returned");
        });
    });
}

/// Whoever comes second waits, too.
#[test]
fn two_removals_wait_for_the_callback() {
    removed_while_inside(1, 2);
}

#[test]
fn two_removals_of_one_id_are_harmless() {
    in_time(|| {
        let _core = Core::load();
        for _ in 0..cases(200, 5) {
            assert_eq!(add(ID, c"driver", record), 0);
            thread::scope(|scope| {
                scope.spawn(|| del(ID));
                scope.spawn(|| del(ID));
                scope.spawn(|| send(1, ID));
            });
            send(1, ID);
            assert_eq!(calls(), []);
        }
    });
}

/// Gives what `f` gives while a removal waits for a task that is in the callback.
fn while_a_removal_waits<R>(f: impl FnOnce() -> R) -> R {
    GO.store(false, SeqCst);
    assert_eq!(add(ID, c"driver", stay), 0);
    thread::scope(|scope| {
        scope.spawn(|| send(1, ID));
        wait_until(|| INSIDE.load(SeqCst) == 1);
        let removal = scope.spawn(|| del(ID));
        wait_until(|| removal.is_finished() || waiting::count() == 1);
        let result = f();
        GO.store(true, SeqCst);
        assert!(removal.join().is_ok());
        result
    })
}

/// A message that comes while the callback is being removed is treated like one that came after.
#[test]
fn who_comes_late_is_not_let_in() {
    in_time(|| {
        let _core = Core::load();
        let (late, is_let_in) = while_a_removal_waits(|| {
            let late = thread::spawn(|| send(2, ID));
            wait_until(|| late.is_finished() || INSIDE.load(SeqCst) == 2);
            let is_let_in = !late.is_finished();
            (late, is_let_in)
        });
        assert!(late.join().is_ok());
        assert!(!is_let_in, "who came late was let in");
    });
}

/// How often a send to a full socket waits, if it may sleep or not.
fn waits(flags: gfp_t) -> usize {
    let mut msg = cn_msg::default();
    // SAFETY: The message is valid, and nothing follows its header.
    let sent = unsafe { cn_netlink_send(&mut msg, FULL, 0, flags) };
    assert_eq!(sent, EAGAIN.to_errno());
    user::waits()
}

/// The port of a socket without room.
const FULL: u32 = 99;

/// The callback that is removed may be the one that sends.
#[test]
fn no_send_waits_for_room_while_a_removal_waits() {
    in_time(|| {
        let _core = Core::load();
        let full = Socket::open(FULL);
        full.fill();
        assert_eq!(
            (waits(GFP_KERNEL.as_raw()), waits(GFP_ATOMIC.as_raw())),
            (1, 0)
        );
        assert_eq!(while_a_removal_waits(|| waits(GFP_KERNEL.as_raw())), 0);
        assert_eq!(waits(GFP_KERNEL.as_raw()), 1);
    });
}

/// Removes itself, and says whether that came to an end.
unsafe extern "C" fn remove_itself(msg: *mut cn_msg, _: *mut netlink_skb_parms) {
    // SAFETY: The core passes a message.
    del(unsafe { (*msg).id });
    INSIDE.fetch_add(1, SeqCst);
}

#[test]
fn a_callback_removes_itself() {
    in_time(|| {
        let _core = Core::load();
        for round in 0..3 {
            assert_eq!(add(ID, c"driver", remove_itself), 0);
            send(1, ID);
            assert_eq!(INSIDE.swap(0, SeqCst), 1, "round {round}");
            send(1, ID);
            assert_eq!(INSIDE.load(SeqCst), 0, "it is gone");
        }
    });
}

/// Removes itself, and stays inside until it is told to go.
unsafe extern "C" fn depart(msg: *mut cn_msg, nsp: *mut netlink_skb_parms) {
    // SAFETY: The core passes a message.
    del(unsafe { (*msg).id });
    // SAFETY: The core's arguments are passed on.
    unsafe { stay(msg, nsp) };
}

/// Who removes an id waits for the callback that it had, also if another has it now.
#[test]
fn a_removal_waits_for_who_removed_itself() {
    for is_taken_again in [false, true] {
        in_time(move || {
            let _core = Core::load();
            GO.store(false, SeqCst);
            assert_eq!(add(ID, c"driver", depart), 0);
            thread::scope(|scope| {
                scope.spawn(|| send(1, ID));
                wait_until(|| INSIDE.load(SeqCst) == 1);
                if is_taken_again {
                    assert_eq!(add(ID, c"another", record), 0);
                }
                del(id(1, 2));
                let removal = scope.spawn(|| {
                    del(ID);
                    assert_eq!(INSIDE.load(SeqCst), 0, "removed under a callback");
                });
                wait_until(|| removal.is_finished() || waiting::count() == 1);
                let waits = !removal.is_finished();
                GO.store(true, SeqCst);
                assert!(waits, "the removal returned");
            });
            // Nothing is left to wait for.
            del(ID);
        });
    }
}

/// Waits for another task inside, then removes itself.
unsafe extern "C" fn meet_and_remove_itself(msg: *mut cn_msg, _: *mut netlink_skb_parms) {
    INSIDE.fetch_add(1, SeqCst);
    wait_until(|| INSIDE.load(SeqCst) >= 2);
    // SAFETY: The core passes a message.
    del(unsafe { (*msg).id });
}

/// Two tasks in a callback that removes itself: neither waits for the other for ever.
#[test]
fn a_callback_removes_itself_in_two_tasks() {
    in_time(|| {
        let _core = Core::load();
        for _ in 0..cases(200, 5) {
            assert_eq!(add(ID, c"driver", meet_and_remove_itself), 0);
            thread::scope(|scope| {
                scope.spawn(|| send(1, ID));
                scope.spawn(|| send(2, ID));
            });
            assert_eq!(INSIDE.swap(0, SeqCst), 2);
        }
    });
}

/// From port 1 as [`stay`]; else waits for a removal to wait, then removes itself.
unsafe extern "C" fn stay_or_remove_itself(msg: *mut cn_msg, nsp: *mut netlink_skb_parms) {
    // SAFETY: The core passes parameters.
    if unsafe { (*nsp).portid } == 1 {
        // SAFETY: The core's arguments are passed on.
        return unsafe { stay(msg, nsp) };
    }
    INSIDE.fetch_add(1, SeqCst);
    wait_until(|| waiting::count() == 1);
    // SAFETY: The core passes a message.
    del(unsafe { (*msg).id });
    RETURNED.store(true, SeqCst);
    INSIDE.fetch_sub(1, SeqCst);
}

/// Whether the removal from inside returned.
static RETURNED: AtomicBool = AtomicBool::new(false);

/// Who removes an id from inside waits for others who run the callback and do not remove it, also
/// if somebody else was the first to remove it.
#[test]
fn a_removal_from_inside_waits_though_another_came_first() {
    in_time(|| {
        let _core = Core::load();
        GO.store(false, SeqCst);
        RETURNED.store(false, SeqCst);
        assert_eq!(add(ID, c"driver", stay_or_remove_itself), 0);
        thread::scope(|scope| {
            scope.spawn(|| send(1, ID));
            scope.spawn(|| send(2, ID));
            wait_until(|| INSIDE.load(SeqCst) == 2);
            scope.spawn(|| {
                del(ID);
                assert_eq!(INSIDE.load(SeqCst), 0, "removed under a callback");
            });
            wait_until(|| RETURNED.load(SeqCst) || waiting::count() == 2);
            let waits = !RETURNED.load(SeqCst);
            GO.store(true, SeqCst);
            assert!(waits, "it returned beside another callback");
        });
    });
}

/// Waits for a removal to wait for it, then hands its id over to another callback.
unsafe extern "C" fn hand_over(msg: *mut cn_msg, _: *mut netlink_skb_parms) {
    INSIDE.fetch_add(1, SeqCst);
    wait_until(|| waiting::count() == 1);
    // SAFETY: The core passes a message.
    let id = unsafe { (*msg).id };
    del(id);
    assert_eq!(add(id, c"successor", record), 0);
    INSIDE.fetch_sub(1, SeqCst);
}

/// A removal that waited removes what it waited for, and not what has its id by then.
#[test]
fn a_removal_leaves_alone_who_took_the_id_meanwhile() {
    in_time(|| {
        let core = Core::load();
        assert_eq!(add(ID, c"driver", hand_over), 0);
        thread::scope(|scope| {
            scope.spawn(|| send(1, ID));
            wait_until(|| INSIDE.load(SeqCst) == 1);
            del(ID);
        });
        assert_eq!(core.rows(), Ok(b"successor       1:1\n".to_vec()));
        send(1, ID);
        assert_eq!(calls().len(), 1);
        del(ID);
    });
}
