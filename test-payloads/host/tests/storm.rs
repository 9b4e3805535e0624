// SPDX-License-Identifier: MIT OR Apache-2.0

//! Drivers that come and go under traffic: nothing is called, or used, after its removal.

use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering::SeqCst};
use std::thread;

use host::{Core, Datagram, Id, add, calls, cases, del, id, in_time, record};
use kernel::alloc::flags::GFP_KERNEL;
use kernel::bindings::{cn_msg, cn_netlink_send, netlink_skb_parms};
use kernel::error::code::{ENODEV, ESRCH};
use kernel::host::user::Socket;
use kernel::sync::rcu;

const ID: Id = id(1, 1);

fn send(portid: u32, id: Id) {
    let sent = Socket::open(portid).send(&Datagram::new(id, b"").bytes());
    assert_eq!(sent, Ok(()));
}

/// What a driver has as long as it is registered: gone afterwards.
static STATE: AtomicPtr<u32> = AtomicPtr::new(std::ptr::null_mut());
const ALIVE: u32 = 0xa11e;
static GHOSTS: AtomicU32 = AtomicU32::new(0);

/// Uses the driver's state for a while.
unsafe extern "C" fn use_state(_: *mut cn_msg, _: *mut netlink_skb_parms) {
    let state = STATE.load(SeqCst);
    for _ in 0..3 {
        // SAFETY: The state is there as long as the callback is registered, if the core is right;
        // Miri knows whether it is.
        let alive = !state.is_null() && unsafe { state.read_volatile() } == ALIVE;
        GHOSTS.fetch_add(u32::from(!alive), SeqCst);
        thread::yield_now();
    }
}

/// A module that is loaded and unloaded: its state comes before its registration, and goes after.
fn load_and_unload() {
    let state = Box::into_raw(Box::new(ALIVE));
    STATE.store(state, SeqCst);
    assert_eq!(add(ID, c"driver", use_state), 0);
    thread::yield_now();
    del(ID);
    STATE.store(std::ptr::null_mut(), SeqCst);
    // SAFETY: It was made above, and nobody uses it any more, if the core is right. It is spoilt
    // for those whom nothing else would tell.
    unsafe {
        state.write_volatile(!ALIVE);
        drop(Box::from_raw(state));
    }
}

/// Sends by id. What is returned says whether the id was registered.
fn send_by_id(id: Id) {
    let mut message = cn_msg {
        id,
        ..cn_msg::default()
    };
    // SAFETY: The message is valid, and has no payload.
    let result = unsafe { cn_netlink_send(&mut message, 0, 0, GFP_KERNEL.as_raw()) };
    assert!(
        [ENODEV.to_errno(), ESRCH.to_errno()].contains(&result),
        "{result}"
    );
}

/// Tells the others to end, also when a check failed.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, SeqCst);
    }
}

/// Loading and unloading against messages, against sends by id, and against others who come and
/// go beside it.
#[test]
fn a_storm() {
    in_time(|| {
        let core = Core::load();
        let end = AtomicBool::new(false);
        let others = Vec::from_iter((2..cases(40, 12)).map(|n| id(n, 1)));
        let again_and_again = |f: &(dyn Fn() + Sync)| {
            while !end.load(SeqCst) {
                f();
                thread::yield_now();
            }
        };
        thread::scope(|scope| {
            let _end = Ends(&end);
            scope.spawn(|| again_and_again(&|| send(1, ID)));
            scope.spawn(|| again_and_again(&|| send_by_id(ID)));
            // What RCU frees late, it frees meanwhile.
            scope.spawn(|| again_and_again(&rcu::rcu_barrier));
            scope.spawn(|| {
                again_and_again(&|| assert!(core.rows().is_ok()));
            });
            let beside = scope.spawn(|| {
                for _ in 0..cases(20, 1) {
                    for &id in &others {
                        assert_eq!(add(id, c"other", record), 0);
                        // Found at once by who knows of it.
                        send(2, id);
                        assert_eq!(Vec::from_iter(calls().iter().map(|c| c.id)), [id]);
                    }
                    others.iter().copied().for_each(del);
                }
            });
            for _ in 0..cases(2000, 8) {
                load_and_unload();
            }
            assert!(beside.join().is_ok());
        });
        assert_eq!(GHOSTS.swap(0, SeqCst), 0, "calls after the removal");
    });
}
