// SPDX-License-Identifier: MIT OR Apache-2.0

//! Memory, which a test can make run out: see [`crate::host::memory`].

use std::ops::{BitOr, Deref, DerefMut};

use crate::context;
use crate::error::{code::EINVAL, Error};
use crate::host::memory::{self, Counted};

mod kbox;

pub use kbox::KBox;

/// There is no memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllocError;

/// What an allocation may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flags(u32);

/// That an allocation may wait for memory.
const DIRECT_RECLAIM: u32 = 0x400;

impl Flags {
    /// Takes over the flags that C code asks for.
    pub const fn from_raw(flags: u32) -> Self {
        Self(flags)
    }

    /// The flags as a C function takes them.
    pub fn as_raw(self) -> u32 {
        self.0
    }

    /// Whether an allocation with these flags may block.
    pub fn allow_blocking(self) -> bool {
        self.0 & DIRECT_RECLAIM != 0
    }
}

impl BitOr for Flags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// The usual flags. The values are those of x86-64, of which nothing depends on more than whether
/// an allocation may block.
pub mod flags {
    use super::{Flags, DIRECT_RECLAIM};

    /// For code that may sleep.
    pub const GFP_KERNEL: Flags = Flags(DIRECT_RECLAIM | 0x8c0);
    /// For code that may not sleep.
    pub const GFP_ATOMIC: Flags = Flags(0x820);
    /// For code that may not sleep and takes a failure lightly.
    pub const GFP_NOWAIT: Flags = Flags(0x800);
}

/// One allocation: it may fail, and it may only be made where its flags allow.
pub(crate) fn allocate(flags: Flags) -> Result<Counted, AllocError> {
    if flags.allow_blocking() {
        context::might_sleep("an allocation");
    }
    memory::allocate()
}

/// What does not fit into a vector, or is not in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfBounds;

impl From<OutOfBounds> for Error {
    fn from(_: OutOfBounds) -> Self {
        EINVAL
    }
}

/// A growing array, whose growth can fail.
#[derive(Debug)]
pub struct KVec<T> {
    elements: Vec<T>,
    /// Present as long as there is room for something.
    counted: Option<Counted>,
}

impl<T> KVec<T> {
    /// An empty array without room.
    pub const fn new() -> Self {
        Self {
            elements: Vec::new(),
            counted: None,
        }
    }

    /// An empty array with room for `capacity` elements.
    pub fn with_capacity(capacity: usize, flags: Flags) -> Result<Self, AllocError> {
        let mut array = Self::new();
        array.reserve(capacity, flags)?;
        Ok(array)
    }

    /// `n` times `value`.
    pub fn from_elem(value: T, n: usize, flags: Flags) -> Result<Self, AllocError>
    where
        T: Clone,
    {
        let mut array = Self::with_capacity(n, flags)?;
        array.elements.resize(n, value);
        Ok(array)
    }

    /// For how many elements there is room.
    pub fn capacity(&self) -> usize {
        self.elements.capacity()
    }

    /// Makes room for so many elements more.
    pub fn reserve(&mut self, additional: usize, flags: Flags) -> Result<(), AllocError> {
        if self.elements.capacity() - self.elements.len() >= additional {
            return Ok(());
        }
        // What was allocated before is given back after its content has moved.
        let counted = allocate(flags)?;
        self.elements.reserve_exact(additional);
        self.counted = Some(counted);
        Ok(())
    }

    /// Appends, and makes room if there is none.
    pub fn push(&mut self, value: T, flags: Flags) -> Result<(), AllocError> {
        let full = self.elements.len() == self.elements.capacity();
        self.reserve(if full { self.elements.len().max(4) } else { 1 }, flags)?;
        self.elements.push(value);
        Ok(())
    }

    /// Appends if there is room.
    pub fn push_within_capacity(&mut self, value: T) -> Result<(), OutOfBounds> {
        self.insert_within_capacity(self.elements.len(), value)
    }

    /// Puts `value` before the element `index` if there is room.
    pub fn insert_within_capacity(&mut self, index: usize, value: T) -> Result<(), OutOfBounds> {
        if self.elements.len() == self.elements.capacity() || index > self.elements.len() {
            return Err(OutOfBounds);
        }
        self.elements.insert(index, value);
        Ok(())
    }

    /// Appends copies of all of `other`.
    pub fn extend_from_slice(&mut self, other: &[T], flags: Flags) -> Result<(), AllocError>
    where
        T: Clone,
    {
        self.reserve(other.len(), flags)?;
        self.elements.extend_from_slice(other);
        Ok(())
    }

    /// Takes out the element `index`.
    pub fn remove(&mut self, index: usize) -> Result<T, OutOfBounds> {
        if index >= self.elements.len() {
            return Err(OutOfBounds);
        }
        Ok(self.elements.remove(index))
    }

    /// Takes out the last element.
    pub fn pop(&mut self) -> Option<T> {
        self.elements.pop()
    }

    /// Takes out everything; the room stays.
    pub fn clear(&mut self) {
        self.elements.clear();
    }

    /// Takes out all but the first `len` elements; the room stays.
    pub fn truncate(&mut self, len: usize) {
        self.elements.truncate(len);
    }

    /// Takes out what `keep` refuses; the room stays.
    pub fn retain(&mut self, keep: impl FnMut(&mut T) -> bool) {
        self.elements.retain_mut(keep);
    }
}

/// One that need not be contiguous in memory; nothing here depends on that.
pub type KVVec<T> = KVec<T>;

impl<T> Default for KVec<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Deref for KVec<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.elements
    }
}

impl<T> DerefMut for KVec<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.elements
    }
}

impl<'a, T> IntoIterator for &'a KVec<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.elements.iter()
    }
}

impl<'a, T> IntoIterator for &'a mut KVec<T> {
    type Item = &'a mut T;
    type IntoIter = std::slice::IterMut<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.elements.iter_mut()
    }
}

impl<T> IntoIterator for KVec<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.elements.into_iter()
    }
}
