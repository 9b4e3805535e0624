// SPDX-License-Identifier: MIT OR Apache-2.0

//! Objects with one owner.

use std::mem::MaybeUninit;
use std::ops::Deref;
use std::pin::Pin;
use std::ptr::NonNull;

use pin_init::{Init, PinInit};

use super::{allocate, AllocError, Flags};
use crate::host::memory::Counted;
use crate::init::InPlaceInit;

/// An object in memory of its own.
///
/// A pointer, not a `Box`, which would claim that there is no other: what lies in a list knows
/// where it is.
pub struct KBox<T> {
    object: NonNull<T>,
    _counted: Counted,
}

// SAFETY: It owns its object.
unsafe impl<T: Send> Send for KBox<T> {}
// SAFETY: A reference to it is as good as one to its object.
unsafe impl<T: Sync> Sync for KBox<T> {}

impl<T> InPlaceInit<T> for KBox<T> {
    type PinnedSelf = Pin<Self>;

    fn try_pin_init<E>(init: impl PinInit<T, E>, flags: Flags) -> Result<Pin<Self>, E>
    where
        E: From<AllocError>,
    {
        let _counted = allocate(flags)?;
        let place = Box::into_raw(Box::new(MaybeUninit::<T>::uninit()));
        // SAFETY: The place is valid for writes, and what is there is used after success only.
        if let Err(error) = unsafe { pin_init::raw_try_init(place.cast::<T>(), init) } {
            // SAFETY: It was a box's, and nothing is in it.
            drop(unsafe { Box::from_raw(place) });
            return Err(error);
        }
        let this = Self {
            // SAFETY: What was a box's is not null.
            object: unsafe { NonNull::new_unchecked(place.cast()) },
            _counted,
        };
        // SAFETY: The object stays where it is.
        Ok(unsafe { Pin::new_unchecked(this) })
    }

    fn try_init<E>(init: impl Init<T, E>, flags: Flags) -> Result<Self, E>
    where
        E: From<AllocError>,
    {
        let this = Self::try_pin_init(init, flags)?;
        // SAFETY: What can be initialised anywhere can be moved.
        Ok(unsafe { Pin::into_inner_unchecked(this) })
    }
}

impl<T> Deref for KBox<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: The object is there as long as `self`.
        unsafe { self.object.as_ref() }
    }
}

impl<T> Drop for KBox<T> {
    fn drop(&mut self) {
        // SAFETY: The object was made in a box, and nobody uses it any more.
        drop(unsafe { Box::from_raw(self.object.as_ptr()) });
    }
}
