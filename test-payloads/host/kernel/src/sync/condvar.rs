// SPDX-License-Identifier: MIT OR Apache-2.0

//! Conditions to wait for.

use std::sync::{Condvar, PoisonError};

use super::lock::{Backend, Guard};
use crate::host::waiting;

/// A condition of what is behind a lock.
pub struct CondVar(Condvar);

impl CondVar {
    /// A condition that nobody waits for.
    pub const fn new() -> Self {
        Self(Condvar::new())
    }

    /// Releases the lock, waits to be notified (or not: check the condition again), and takes it.
    pub fn wait<T, B: Backend>(&self, guard: &mut Guard<'_, T, B>) {
        let wait = |inner| self.0.wait(inner).unwrap_or_else(PoisonError::into_inner);
        guard.lend(|inner| waiting::during(|| wait(inner)));
    }

    /// Wakes one of those who wait.
    pub fn notify_one(&self) {
        self.0.notify_one();
    }

    /// Wakes all who wait.
    pub fn notify_all(&self) {
        self.0.notify_all();
    }
}

impl Default for CondVar {
    fn default() -> Self {
        Self::new()
    }
}

/// Initialises a condition.
#[macro_export]
macro_rules! new_condvar {
    ($($name:literal)?) => {
        $crate::sync::CondVar::new()
    };
}
