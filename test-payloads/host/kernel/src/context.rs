// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the current thread may do: in a read-side critical section and under a spinlock it may not
//! sleep.

use std::cell::Cell;

use crate::host::log;

/// What a thread is in.
#[derive(Clone, Copy, Default)]
struct Depth {
    /// How many read-side critical sections, one in another.
    readers: usize,
    /// How many spinlocks are held.
    spinlocks: usize,
}

thread_local! {
    static DEPTH: Cell<Depth> = const { Cell::new(Depth { readers: 0, spinlocks: 0 }) };
}

fn change(f: impl FnOnce(&mut Depth)) {
    let mut depth = DEPTH.get();
    f(&mut depth);
    DEPTH.set(depth);
}

/// Enters a read-side critical section. Returns whether it is the outermost.
pub(crate) fn reader_enters() -> bool {
    change(|depth| depth.readers += 1);
    DEPTH.get().readers == 1
}

/// Leaves a read-side critical section. Returns whether it was the outermost.
pub(crate) fn reader_leaves() -> bool {
    change(|depth| depth.readers -= 1);
    DEPTH.get().readers == 0
}

/// Notes that a spinlock is held.
pub(crate) fn spinlock_taken() {
    change(|depth| depth.spinlocks += 1);
}

/// Notes that a spinlock is held no more.
pub(crate) fn spinlock_released() {
    change(|depth| depth.spinlocks -= 1);
}

/// Complains in the kernel log, as CONFIG_DEBUG_ATOMIC_SLEEP does, if the current thread may not
/// sleep. Returns whether it may.
pub fn might_sleep(what: &str) -> bool {
    let Depth { readers, spinlocks } = DEPTH.get();
    if readers + spinlocks > 0 {
        log::bug(format_args!(
            "{what} may sleep, within {readers} critical sections and under {spinlocks} spinlocks"
        ));
    }
    readers + spinlocks == 0
}
