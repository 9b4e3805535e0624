// SPDX-License-Identifier: MIT OR Apache-2.0

//! Locks: a mutex may only be taken where a thread may sleep, and under a spinlock it may not.

use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::sync::{Mutex as StdMutex, MutexGuard as StdGuard, PoisonError};

use crate::context;

/// What kind of lock it is.
pub trait Backend {
    /// Before the lock is waited for.
    fn wanted();
    /// When the lock was taken.
    fn taken();
    /// When the lock was released.
    fn released();
}

/// A lock whose holder may sleep.
pub struct MutexBackend;

impl Backend for MutexBackend {
    fn wanted() {
        context::might_sleep("taking a mutex");
    }

    fn taken() {}

    fn released() {}
}

/// A lock whose holder may not sleep.
pub struct SpinLockBackend;

impl Backend for SpinLockBackend {
    fn wanted() {}

    fn taken() {
        context::spinlock_taken();
    }

    fn released() {
        context::spinlock_released();
    }
}

/// Something that only the holder of the lock reaches.
pub struct Lock<T, B> {
    inner: StdMutex<T>,
    _kind: PhantomData<B>,
}

/// A lock whose holder may sleep.
pub type Mutex<T> = Lock<T, MutexBackend>;

/// A lock whose holder may not sleep.
pub type SpinLock<T> = Lock<T, SpinLockBackend>;

impl<T, B: Backend> Lock<T, B> {
    /// A lock that nobody holds.
    pub const fn new(value: T) -> Self {
        Self {
            inner: StdMutex::new(value),
            _kind: PhantomData,
        }
    }

    /// Takes the lock.
    pub fn lock(&self) -> Guard<'_, T, B> {
        B::wanted();
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        B::taken();
        Guard {
            inner: Some(inner),
            _kind: PhantomData,
        }
    }
}

/// Proof that the lock is held.
pub struct Guard<'a, T, B: Backend> {
    /// Away only while a condition is waited for.
    inner: Option<StdGuard<'a, T>>,
    _kind: PhantomData<B>,
}

impl<'a, T, B: Backend> Guard<'a, T, B> {
    /// Releases the lock while `f` runs, which gives it back.
    pub(super) fn lend(&mut self, f: impl FnOnce(StdGuard<'a, T>) -> StdGuard<'a, T>) {
        B::released();
        context::might_sleep("waiting for a condition");
        self.inner = self.inner.take().map(f);
        B::taken();
    }
}

impl<T, B: Backend> Deref for Guard<'_, T, B> {
    type Target = T;

    fn deref(&self) -> &T {
        match &self.inner {
            Some(inner) => inner,
            None => unreachable!("a guard is away only within `lend`"),
        }
    }
}

impl<T, B: Backend> DerefMut for Guard<'_, T, B> {
    fn deref_mut(&mut self) -> &mut T {
        match &mut self.inner {
            Some(inner) => inner,
            None => unreachable!("a guard is away only within `lend`"),
        }
    }
}

impl<T, B: Backend> Drop for Guard<'_, T, B> {
    fn drop(&mut self) {
        self.inner = None;
        B::released();
    }
}

/// Initialises a mutex.
#[macro_export]
macro_rules! new_mutex {
    ($value:expr $(, $name:literal)? $(,)?) => {
        $crate::sync::Mutex::new($value)
    };
}

/// Initialises a spinlock.
#[macro_export]
macro_rules! new_spinlock {
    ($value:expr $(, $name:literal)? $(,)?) => {
        $crate::sync::SpinLock::new($value)
    };
}
