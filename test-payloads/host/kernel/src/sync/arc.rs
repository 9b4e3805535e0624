// SPDX-License-Identifier: MIT OR Apache-2.0

//! Shared objects.

use std::marker::PhantomData;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::Arc as Shared;

use pin_init::{Init, PinInit};

use crate::alloc::{allocate, AllocError, Flags};
use crate::host::memory::Counted;
use crate::init::InPlaceInit;

/// The object first, so that its address is that of the whole.
#[repr(C)]
struct Inner<T> {
    object: T,
    _counted: Counted,
}

/// A reference to a shared object, which lives as long as there is one.
pub struct Arc<T>(Shared<Inner<T>>);

impl<T> Arc<T> {
    /// Shares `object`.
    pub fn new(object: T, flags: Flags) -> Result<Self, AllocError> {
        let _counted = allocate(flags)?;
        Ok(Self(Shared::new(Inner { object, _counted })))
    }

    /// Gives up the reference for a pointer to the object.
    pub fn into_raw(self) -> *const T {
        Shared::into_raw(self.0).cast()
    }

    /// The address of the object.
    pub fn as_ptr(this: &Self) -> *const T {
        Shared::as_ptr(&this.0).cast()
    }

    /// Takes back a reference.
    ///
    /// # Safety
    ///
    /// `ptr` came from [`Arc::into_raw`], once for each time that this is called with it.
    pub unsafe fn from_raw(ptr: *const T) -> Self {
        // SAFETY: Promised by the caller. The object is the first field of what is shared.
        Self(unsafe { Shared::from_raw(ptr.cast()) })
    }

    /// Whether both refer to the same object.
    pub fn ptr_eq(this: &Self, other: &Self) -> bool {
        Shared::ptr_eq(&this.0, &other.0)
    }

    /// A reference for as long as this one lives.
    pub fn as_arc_borrow(&self) -> ArcBorrow<'_, T> {
        // SAFETY: The object lives as long as `self`, which is borrowed.
        unsafe { ArcBorrow::from_raw(Self::as_ptr(self)) }
    }
}

impl<T> InPlaceInit<T> for Arc<T> {
    type PinnedSelf = Self;

    fn try_pin_init<E>(init: impl PinInit<T, E>, flags: Flags) -> Result<Self, E>
    where
        E: From<AllocError>,
    {
        let _counted = allocate(flags)?;
        let mut inner = Shared::new(Inner {
            object: MaybeUninit::<T>::uninit(),
            _counted,
        });
        // Nobody else has it yet.
        if let Some(inner) = Shared::get_mut(&mut inner) {
            // SAFETY: The place is valid for writes, and what is there is used after success only
            // and not moved any more.
            unsafe { pin_init::raw_try_init(inner.object.as_mut_ptr(), init) }?;
        }
        // SAFETY: The object was just initialised, and is otherwise laid out as it was.
        Ok(Self(unsafe {
            Shared::from_raw(Shared::into_raw(inner).cast())
        }))
    }

    fn try_init<E>(init: impl Init<T, E>, flags: Flags) -> Result<Self, E>
    where
        E: From<AllocError>,
    {
        Self::try_pin_init(init, flags)
    }
}

/// An object that nobody shares yet.
pub struct UniqueArc<T>(Arc<T>);

impl<T> UniqueArc<T> {
    /// A place for an object.
    pub fn new_uninit(flags: Flags) -> Result<UniqueArc<MaybeUninit<T>>, AllocError> {
        Ok(UniqueArc(Arc::new(MaybeUninit::uninit(), flags)?))
    }
}

impl<T> UniqueArc<MaybeUninit<T>> {
    /// Puts the object into its place.
    pub fn write(self, object: T) -> UniqueArc<T> {
        let mut inner = self.0 .0;
        // Nobody else has it yet.
        if let Some(inner) = Shared::get_mut(&mut inner) {
            inner.object.write(object);
        }
        // SAFETY: The object was just written, and is otherwise laid out as it was.
        UniqueArc(Arc(unsafe {
            Shared::from_raw(Shared::into_raw(inner).cast())
        }))
    }
}

impl<T> From<UniqueArc<T>> for Arc<T> {
    fn from(unique: UniqueArc<T>) -> Self {
        unique.0
    }
}

impl<T> Clone for Arc<T> {
    fn clone(&self) -> Self {
        Self(Shared::clone(&self.0))
    }
}

impl<T> Deref for Arc<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0.object
    }
}

impl<T> From<ArcBorrow<'_, T>> for Arc<T> {
    fn from(borrow: ArcBorrow<'_, T>) -> Self {
        // SAFETY: The pointer is that of an `Arc` which lives as long as the borrow; its reference
        // is not given up here.
        let arc = ManuallyDrop::new(unsafe { Self::from_raw(borrow.object.as_ptr()) });
        Self::clone(&arc)
    }
}

/// A reference to a shared object that keeps nobody else from dropping theirs.
pub struct ArcBorrow<'a, T> {
    object: NonNull<T>,
    _borrow: PhantomData<&'a T>,
}

impl<T> Clone for ArcBorrow<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for ArcBorrow<'_, T> {}

impl<'a, T> ArcBorrow<'a, T> {
    /// Borrows what [`Arc::into_raw`] returned.
    ///
    /// # Safety
    ///
    /// A reference to the object exists for as long as `'a`.
    pub unsafe fn from_raw(ptr: *const T) -> Self {
        Self {
            // SAFETY: A pointer to an object is not null.
            object: unsafe { NonNull::new_unchecked(ptr.cast_mut()) },
            _borrow: PhantomData,
        }
    }

    /// The object, for the whole of `'a`.
    pub fn get(self) -> &'a T {
        // SAFETY: Promised when this was made.
        unsafe { self.object.as_ref() }
    }
}

impl<T> Deref for ArcBorrow<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.get()
    }
}
