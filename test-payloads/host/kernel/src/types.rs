// SPDX-License-Identifier: MIT OR Apache-2.0

//! Types that wrap what belongs to C code.

use std::cell::UnsafeCell;
use std::marker::PhantomData;
use std::mem::MaybeUninit;

/// Makes the type that holds it stay on one thread.
pub type NotThreadSafe = PhantomData<*mut ()>;

/// A value of this type, as a value too.
#[allow(non_upper_case_globals)]
pub const NotThreadSafe: NotThreadSafe = PhantomData;

/// Something that C code works on behind our back.
#[repr(transparent)]
pub struct Opaque<T>(UnsafeCell<MaybeUninit<T>>);

impl<T> Opaque<T> {
    /// A value, for C code to change.
    pub const fn new(value: T) -> Self {
        Self(UnsafeCell::new(MaybeUninit::new(value)))
    }

    /// Nothing yet, for C code to fill.
    pub const fn uninit() -> Self {
        Self(UnsafeCell::new(MaybeUninit::uninit()))
    }

    /// What C code fills, which may fail.
    pub fn try_ffi_init<E>(
        fill: impl FnOnce(*mut T) -> Result<(), E>,
    ) -> impl pin_init::PinInit<Self, E> {
        let init = |this: *mut Self| fill(Self::cast_into(this));
        // SAFETY: What C code has filled is initialized; before that, nothing has to be.
        unsafe { pin_init::pin_init_from_closure(init) }
    }

    /// What C code calls it.
    pub const fn cast_into(this: *const Self) -> *mut T {
        this.cast_mut().cast()
    }

    /// What C code calls it, the other way round.
    pub const fn cast_from(this: *const T) -> *const Self {
        this.cast()
    }

    /// Where it is.
    pub const fn get(&self) -> *mut T {
        UnsafeCell::get(&self.0).cast()
    }
}

/// The structure of type `$type` whose field `$field` is at `$pointer`.
#[macro_export]
macro_rules! container_of {
    ($pointer:expr, $type:ty, $field:ident) => {
        $pointer
            .byte_sub(::core::mem::offset_of!($type, $field))
            .cast::<$type>()
    };
}

/// Fails to compile where the condition does not hold.
#[macro_export]
macro_rules! static_assert {
    ($condition:expr $(,)?) => {
        const _: () = ::core::assert!($condition);
    };
}
