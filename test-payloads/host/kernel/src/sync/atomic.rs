// SPDX-License-Identifier: MIT OR Apache-2.0

//! Atomic variables, with the orderings of the kernel's memory model. Those of C++ that stand for
//! them here are as strong or, where the kernel's model orders by dependency, weaker: what is
//! right under them is right in the kernel.

use std::cell::UnsafeCell;
use std::sync::atomic::{self, fence, Ordering as Std};

use self::ordering::{AcquireOrRelaxed, Ordering, OrderingType, ReleaseOrRelaxed};

// A file of the tree keeps its own ways.
#[allow(missing_docs)]
#[path = "../../../../../target/tree/rust/rust/kernel/sync/atomic/ordering.rs"]
pub mod ordering;

pub use ordering::{Acquire, Full, Relaxed, Release};

/// A variable that several threads may use at once.
#[repr(transparent)]
pub struct Atomic<T>(UnsafeCell<T>);

// SAFETY: All access through a shared reference is atomic.
unsafe impl<T: Send> Sync for Atomic<T> {}

/// What can be in an [`Atomic`]. The pointers are those of one.
pub trait AtomicType: Copy {
    /// Reads.
    ///
    /// # Safety
    ///
    /// As for all functions of this trait: `at` is valid and only used through it meanwhile.
    unsafe fn load(at: *mut Self, order: Std) -> Self;

    /// Writes.
    ///
    /// # Safety
    ///
    /// See [`AtomicType::load`].
    unsafe fn store(at: *mut Self, value: Self, order: Std);

    /// Writes, and returns what was there.
    ///
    /// # Safety
    ///
    /// See [`AtomicType::load`].
    unsafe fn swap(at: *mut Self, value: Self, order: Std) -> Self;

    /// Writes `new` if `old` is there, and returns what was there.
    ///
    /// # Safety
    ///
    /// See [`AtomicType::load`].
    unsafe fn compare_exchange(at: *mut Self, old: Self, new: Self, o: Std) -> Result<Self, Self>;
}

/// What can be counted in an [`Atomic`].
pub trait AtomicAdd: AtomicType {
    /// Adds, wrapping around, and returns what was there.
    ///
    /// # Safety
    ///
    /// See [`AtomicType::load`].
    unsafe fn fetch_add(at: *mut Self, delta: Self, order: Std) -> Self;

    /// The number that, added, takes away `self`.
    fn negated(self) -> Self;
}

macro_rules! atomic_type {
    ([$($generic:ident)?] $type:ty, $atomic:ty) => {
        impl$(<$generic>)? AtomicType for $type {
            unsafe fn load(at: *mut Self, order: Std) -> Self {
                // SAFETY: Promised by the caller.
                unsafe { <$atomic>::from_ptr(at) }.load(order)
            }

            unsafe fn store(at: *mut Self, value: Self, order: Std) {
                // SAFETY: Promised by the caller.
                unsafe { <$atomic>::from_ptr(at) }.store(value, order);
            }

            unsafe fn swap(at: *mut Self, value: Self, order: Std) -> Self {
                // SAFETY: Promised by the caller.
                unsafe { <$atomic>::from_ptr(at) }.swap(value, order)
            }

            unsafe fn compare_exchange(
                at: *mut Self,
                old: Self,
                new: Self,
                order: Std,
            ) -> Result<Self, Self> {
                // SAFETY: Promised by the caller.
                let atomic = unsafe { <$atomic>::from_ptr(at) };
                atomic.compare_exchange(old, new, order, Std::Relaxed)
            }
        }
    };
}

macro_rules! atomic_integer {
    ($($type:ty, $atomic:ty;)*) => {
        $(
            atomic_type!([] $type, $atomic);

            impl AtomicAdd for $type {
                unsafe fn fetch_add(at: *mut Self, delta: Self, order: Std) -> Self {
                    // SAFETY: Promised by the caller.
                    unsafe { <$atomic>::from_ptr(at) }.fetch_add(delta, order)
                }

                fn negated(self) -> Self {
                    self.wrapping_neg()
                }
            }
        )*
    };
}

// The types that the kernel has it for.
atomic_integer! {
    i32, atomic::AtomicI32;
    u32, atomic::AtomicU32;
    i64, atomic::AtomicI64;
    u64, atomic::AtomicU64;
    isize, atomic::AtomicIsize;
    usize, atomic::AtomicUsize;
}
atomic_type!([] bool, atomic::AtomicBool);
atomic_type!([P] *mut P, atomic::AtomicPtr<P>);

/// The ordering of a plain read or write.
fn simple(order: OrderingType) -> Std {
    match order {
        OrderingType::Relaxed => Std::Relaxed,
        OrderingType::Acquire => Std::Acquire,
        OrderingType::Release => Std::Release,
        OrderingType::Full => Std::SeqCst,
    }
}

/// Runs an operation that reads and writes. A fully ordered one is a full barrier, which C++'s
/// strongest ordering alone is not.
fn exchange<O: Ordering, R>(operation: impl FnOnce(Std) -> R) -> R {
    let full = matches!(O::TYPE, OrderingType::Full);
    if full {
        fence(Std::SeqCst);
    }
    let result = operation(simple(O::TYPE));
    if full {
        fence(Std::SeqCst);
    }
    result
}

impl<T> Atomic<T> {
    /// A variable with a first value.
    pub const fn new(value: T) -> Self {
        Self(UnsafeCell::new(value))
    }

    /// The value, for who has the variable alone.
    pub fn get_mut(&mut self) -> &mut T {
        self.0.get_mut()
    }
}

impl<T: AtomicType> Atomic<T> {
    /// Reads.
    pub fn load<O: AcquireOrRelaxed>(&self, _: O) -> T {
        // SAFETY: The pointer is that of `self`, and all access to it is atomic.
        unsafe { T::load(self.0.get(), simple(O::TYPE)) }
    }

    /// Writes.
    pub fn store<O: ReleaseOrRelaxed>(&self, value: T, _: O) {
        // SAFETY: As in `load`.
        unsafe { T::store(self.0.get(), value, simple(O::TYPE)) }
    }

    /// Writes, and returns what was there.
    pub fn xchg<O: Ordering>(&self, value: T, _: O) -> T {
        // SAFETY: As in `load`.
        exchange::<O, _>(|order| unsafe { T::swap(self.0.get(), value, order) })
    }

    /// Writes `new` if `old` is there. Returns what was there, as an error if it was not `old`;
    /// nothing is ordered then.
    pub fn cmpxchg<O: Ordering>(&self, old: T, new: T, _: O) -> Result<T, T> {
        // SAFETY: As in `load`.
        exchange::<O, _>(|order| unsafe { T::compare_exchange(self.0.get(), old, new, order) })
    }
}

impl<T: AtomicAdd> Atomic<T> {
    /// Adds.
    pub fn add(&self, delta: T, _: Relaxed) {
        self.fetch_add(delta, Relaxed);
    }

    /// Adds, and returns what was there.
    pub fn fetch_add<O: Ordering>(&self, delta: T, _: O) -> T {
        // SAFETY: As in `load`.
        exchange::<O, _>(|order| unsafe { T::fetch_add(self.0.get(), delta, order) })
    }

    /// Takes away, and returns what was there.
    pub fn fetch_sub<O: Ordering>(&self, delta: T, order: O) -> T {
        self.fetch_add(delta.negated(), order)
    }
}

/// A variable that is true or false.
pub struct AtomicFlag(Atomic<bool>);

impl AtomicFlag {
    /// A variable with a first value.
    pub const fn new(value: bool) -> Self {
        Self(Atomic::new(value))
    }

    /// Reads.
    pub fn load<O: AcquireOrRelaxed>(&self, order: O) -> bool {
        self.0.load(order)
    }

    /// Writes.
    pub fn store<O: ReleaseOrRelaxed>(&self, value: bool, order: O) {
        self.0.store(value, order);
    }

    /// Writes, and returns what was there.
    pub fn xchg<O: Ordering>(&self, value: bool, order: O) -> bool {
        self.0.xchg(value, order)
    }

    /// Writes `new` if `old` is there; see [`Atomic::cmpxchg`].
    pub fn cmpxchg<O: Ordering>(&self, old: bool, new: bool, order: O) -> Result<bool, bool> {
        self.0.cmpxchg(old, new, order)
    }
}
