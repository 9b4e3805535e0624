// SPDX-License-Identifier: MIT OR Apache-2.0

//! What is waited for without being a lock. There is no lockdep here to be told.

use std::ffi::CStr;
use std::marker::PhantomData;

use crate::types::NotThreadSafe;

/// A piece of code that others wait for.
pub struct LockMap(());

impl LockMap {
    /// Names the piece of code.
    pub const fn new(_name: &'static CStr) -> Self {
        Self(())
    }

    /// Says that the code begins to run, until the result is dropped.
    pub fn enter(&self) -> Entered<'_> {
        Entered {
            _map: PhantomData,
            _not_send: NotThreadSafe,
        }
    }

    /// Says that this task is going to wait until no other runs the code.
    pub fn will_wait(&self) {
        crate::context::might_sleep("waiting for a piece of code to end");
    }
}

/// Shows that this task runs the code.
#[must_use = "the code is left when this is dropped"]
pub struct Entered<'a> {
    _map: PhantomData<&'a LockMap>,
    _not_send: NotThreadSafe,
}
