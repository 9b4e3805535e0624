// SPDX-License-Identifier: MIT OR Apache-2.0

//! RCU. The tree's own file of that name cannot be compiled as a part of another crate, because of
//! where it has its module; the module can.

use crate::bindings;
use crate::types::NotThreadSafe;

// A file of the tree keeps its own ways.
#[path = "../../../../../target/tree/rust/rust/kernel/sync/rcu/slot.rs"]
mod slot;
pub use slot::*;

/// Evidence that the current thread is in a read-side critical section.
pub struct Guard(NotThreadSafe);

impl Guard {
    /// Enters a critical section.
    pub fn new() -> Self {
        // SAFETY: Dropping the guard leaves the section.
        unsafe { bindings::rcu_read_lock() };
        Self(NotThreadSafe)
    }

    /// Leaves the critical section.
    pub fn unlock(self) {}
}

impl Default for Guard {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // SAFETY: Entered when this was made, on this thread.
        unsafe { bindings::rcu_read_unlock() };
    }
}

/// Enters a critical section.
pub fn read_lock() -> Guard {
    Guard::new()
}

/// Waits until all critical sections are over that have begun before.
pub fn synchronize_rcu() {
    // SAFETY: The function needs nothing.
    unsafe { bindings::synchronize_rcu() };
}

/// Waits until all callbacks have been called that wait for a grace period.
pub fn rcu_barrier() {
    // SAFETY: The function needs nothing.
    unsafe { bindings::rcu_barrier() };
}
