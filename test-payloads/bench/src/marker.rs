// SPDX-License-Identifier: MIT OR Apache-2.0

//! Two instructions without effect that a watcher of the processor takes for a beginning and an
//! end. No compiler emits them: each exchanges a register with itself.

use std::arch::asm;

/// Which measurements a watcher is told of.
pub(crate) struct Marker {
    /// The name of an operation, if any is to be watched.
    watched: Option<String>,
}

impl Marker {
    /// Tells of the operation `watched`.
    pub(crate) fn new(watched: Option<String>) -> Self {
        Self { watched }
    }

    /// Does `action`, which is one of the operation `name`, between the two instructions, if that
    /// operation is watched.
    pub(crate) fn around<T>(&self, name: &str, action: impl FnOnce() -> T) -> T {
        if self.watched.as_deref() != Some(name) {
            return action();
        }
        // SAFETY: changes no register's value and touches no memory.
        unsafe { asm!("xchg bx, bx", options(nostack)) };
        let result = action();
        // SAFETY: as above.
        unsafe { asm!("xchg cx, cx", options(nostack)) };
        result
    }
}
