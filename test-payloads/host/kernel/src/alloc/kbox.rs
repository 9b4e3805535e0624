// SPDX-License-Identifier: MIT OR Apache-2.0

//! Objects with one owner.

use std::mem::MaybeUninit;
use std::ops::Deref;
use std::pin::Pin;

use pin_init::{Init, PinInit};

use super::{allocate, AllocError, Flags};
use crate::host::memory::Counted;
use crate::init::InPlaceInit;

/// An object in memory of its own.
pub struct KBox<T> {
    object: Box<T>,
    _counted: Counted,
}

impl<T> InPlaceInit<T> for KBox<T> {
    type PinnedSelf = Pin<Self>;

    fn try_pin_init<E>(init: impl PinInit<T, E>, flags: Flags) -> Result<Pin<Self>, E>
    where
        E: From<AllocError>,
    {
        let _counted = allocate(flags)?;
        let mut place = Box::new(MaybeUninit::<T>::uninit());
        // SAFETY: The place is valid for writes, and what is there is used after success only.
        unsafe { pin_init::raw_try_init(place.as_mut_ptr(), init) }?;
        let this = Self {
            // SAFETY: The object was just initialised.
            object: unsafe { place.assume_init() },
            _counted,
        };
        // SAFETY: The object stays in its box.
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
        &self.object
    }
}
