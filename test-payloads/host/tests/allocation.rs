// SPDX-License-Identifier: MIT OR Apache-2.0

//! Each allocation of each operation fails once, in turn: the operation says so, leaves nothing
//! behind, and succeeds the next time.

use std::cell::Cell;
use std::ffi::c_int;

use host::{Core, Datagram, Id, add, calls, cases, del, id, record};
use kernel::alloc::flags::GFP_KERNEL;
use kernel::bindings::{cn_msg, cn_netlink_send, netlink_skb_parms};
use kernel::error::code::{EAGAIN, ECONNREFUSED, EIO, ENOMEM};
use kernel::host::memory::{alive, fail_nth};
use kernel::host::proc;
use kernel::host::user::Socket;

const ID: Id = id(1, 1);

/// Lets the allocations of `f` fail, one in each run, until there are no more. `f` is given what
/// runs the operation, and says whether it succeeded.
fn each_fails(mut f: impl FnMut(usize) -> (bool, bool)) {
    for n in 0.. {
        let (succeeded, failed) = f(n);
        if !failed {
            assert!(succeeded, "without a failure");
            assert!(n > 0, "there was no allocation");
            return;
        }
    }
}

#[test]
fn loading() {
    let mut core = Core::absent();
    each_fails(|n| {
        let (loaded, failed) = fail_nth(n, || core.try_load());
        if let Err(error) = loaded {
            assert!(error == ENOMEM || error == EIO, "{error:?}");
            assert_eq!(alive(), 0);
            assert!(proc::read("connector").is_none());
            assert_eq!(Socket::open(1).send(&[]), Err(ECONNREFUSED));
            assert_eq!(add(ID, c"early", record), EAGAIN.to_errno());
        }
        (loaded.is_ok(), failed)
    });
    assert_eq!(add(ID, c"driver", record), 0);
    del(ID);
}

/// Often enough that tables have to grow on the way.
#[test]
fn adding() {
    let core = Core::load();
    let socket = Socket::open(1);
    let ids = Vec::from_iter((0..cases(40, 10)).map(|n| id(n, n)));
    for &id in &ids {
        each_fails(|n| {
            let (result, failed) = fail_nth(n, || add(id, c"driver", record));
            assert!(result == 0 || result == ENOMEM.to_errno(), "{result}");
            assert_eq!(socket.send(&Datagram::new(id, b"").bytes()), Ok(()));
            assert_eq!(calls().len(), usize::from(result == 0));
            if failed {
                del(id);
            }
            (result == 0, failed)
        });
    }
    let rows = core.rows().unwrap();
    assert_eq!(
        rows.iter().filter(|&&byte| byte == b'\n').count(),
        ids.len()
    );
    ids.into_iter().for_each(del);
}

/// How many allocations it takes to register.
fn allocations_of_adding() -> usize {
    let needs_more = |&n: &usize| {
        let (_, failed) = fail_nth(n, || add(ID, c"driver", record));
        del(ID);
        failed
    };
    (0..).take_while(needs_more).count()
}

/// What is removed is not counted any more: the table does not grow for it.
#[test]
fn coming_and_going() {
    let _core = Core::load();
    // The list of those who may linger keeps what room it has once.
    let _ = allocations_of_adding();
    let first = allocations_of_adding();
    for _ in 0..cases(100, 40) {
        let (result, needs_more) = fail_nth(first, || add(ID, c"driver", record));
        assert_eq!((result, needs_more), (0, false));
        del(ID);
    }
}

#[test]
fn listing() {
    let core = Core::load();
    assert_eq!(add(ID, c"driver", record), 0);
    each_fails(|n| {
        let (rows, failed) = fail_nth(n, || core.rows());
        assert_eq!(rows.is_err(), failed);
        assert!(
            rows.as_ref().err().is_none_or(|error| *error == ENOMEM),
            "{rows:?}"
        );
        (rows.is_ok(), failed)
    });
    del(ID);
}

#[test]
fn sending() {
    let _core = Core::load();
    let socket = Socket::open(7);
    each_fails(|n| {
        let mut message = cn_msg::default();
        // SAFETY: The message is valid, and has no payload.
        let (result, failed) = fail_nth(n, || unsafe {
            cn_netlink_send(&mut message, 7, 0, GFP_KERNEL.as_raw())
        });
        assert_eq!(socket.receive().len(), usize::from(!failed));
        assert!(
            failed == (result == ENOMEM.to_errno()) && failed != (result > 0),
            "{result}"
        );
        (result > 0, failed)
    });
}

/// How deep a callback sends to itself, which takes more and more room to note who is inside.
const DEPTH: u32 = if cfg!(miri) { 9 } else { 20 };

thread_local! {
    static INSIDE: Cell<u32> = const { Cell::new(0) };
    static DEEPEST: Cell<u32> = const { Cell::new(0) };
}

/// Sends to itself.
unsafe extern "C" fn again(_: *mut cn_msg, _: *mut netlink_skb_parms) {
    let inside = INSIDE.get() + 1;
    DEEPEST.set(DEEPEST.get().max(inside));
    INSIDE.set(inside);
    if inside < DEPTH {
        let socket = Socket::open(100 + inside);
        let _ = socket.send(&Datagram::new(ID, b"again").bytes());
    }
    INSIDE.set(inside - 1);
}

#[test]
fn receiving() {
    let _core = Core::load();
    let socket = Socket::open(1);
    each_fails(|n| {
        // A fresh entry has the least room.
        assert_eq!(add(ID, c"deep", again), 0);
        DEEPEST.set(0);
        let datagram = Datagram::new(ID, b"").bytes();
        let (sent, failed) = fail_nth(n, || socket.send(&datagram));
        assert_eq!((sent, INSIDE.get()), (Ok(()), 0));
        assert!(
            failed || DEEPEST.get() == DEPTH,
            "only {} deep",
            DEEPEST.get()
        );

        DEEPEST.set(0);
        assert_eq!(socket.send(&datagram), Ok(()));
        assert_eq!(DEEPEST.get(), DEPTH, "the next time");
        del(ID);
        (true, failed)
    });
}

/// What a driver is told before the core is there, and after it has gone.
#[test]
fn without_a_core() {
    let mut core = Core::absent();
    let try_all = |wanted: c_int| {
        assert_eq!(add(ID, c"driver", record), wanted);
        del(ID);
    };
    try_all(EAGAIN.to_errno());
    core.try_load().unwrap();
    try_all(0);
    drop(core);
    let _core = Core::absent();
    try_all(EAGAIN.to_errno());
}
