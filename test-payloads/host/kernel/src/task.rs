// SPDX-License-Identifier: MIT OR Apache-2.0

//! Tasks: a thread is one.

use crate::bindings::task_struct;

thread_local! {
    static HERE: task_struct = const { task_struct { _opaque: 0 } };
}

/// A task.
#[derive(Clone, Copy, Debug)]
pub struct Task(*mut task_struct);

impl Task {
    /// The task that asks.
    pub fn current() -> Self {
        Self(HERE.with(|task| std::ptr::from_ref(task).cast_mut()))
    }

    /// Its address, which no other living task has.
    pub fn as_ptr(&self) -> *mut task_struct {
        self.0
    }
}

/// The task that asks.
#[macro_export]
macro_rules! current {
    () => {
        $crate::task::Task::current()
    };
}
