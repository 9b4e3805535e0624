// SPDX-License-Identifier: MIT OR Apache-2.0

//! Strings of C code, and text in a buffer.

use std::ffi::c_char;
pub use std::ffi::CStr;
use std::fmt;

/// What kernel code does with strings of C code.
pub trait CStrExt {
    /// Wraps a pointer.
    ///
    /// # Safety
    ///
    /// `ptr` must be valid, end in a zero byte, and not change while the result is used.
    unsafe fn from_char_ptr<'a>(ptr: *const c_char) -> &'a Self;

    /// A pointer for C code.
    fn as_char_ptr(&self) -> *const c_char;
}

impl CStrExt for CStr {
    unsafe fn from_char_ptr<'a>(ptr: *const c_char) -> &'a Self {
        // SAFETY: Promised by the caller.
        unsafe { CStr::from_ptr(ptr) }
    }

    fn as_char_ptr(&self) -> *const c_char {
        self.as_ptr()
    }
}

/// Bytes that people can mostly read.
#[repr(transparent)]
pub struct BStr([u8]);

impl BStr {
    /// Looks at bytes as such.
    pub const fn from_bytes(bytes: &[u8]) -> &Self {
        // SAFETY: The type is transparent.
        unsafe { &*(std::ptr::from_ref(bytes) as *const Self) }
    }
}

impl fmt::Display for BStr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.escape_ascii())
    }
}

/// Writes text into a buffer, and fails if it does not fit.
pub struct Formatter<'a> {
    buffer: &'a mut [u8],
    written: usize,
}

impl<'a> Formatter<'a> {
    /// Starts at the begin of `buffer`.
    // The kernel's formatter does not hold the borrow of the buffer either.
    pub fn new(buffer: &mut [u8]) -> Self {
        // SAFETY: As in the kernel, the caller does not touch the buffer before the last write.
        let buffer = unsafe { std::slice::from_raw_parts_mut(buffer.as_mut_ptr(), buffer.len()) };
        Self { buffer, written: 0 }
    }

    /// How many bytes were asked for.
    pub fn bytes_written(&self) -> usize {
        self.written
    }
}

impl fmt::Write for Formatter<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let start = self.written;
        self.written = start.saturating_add(text.len());
        let place = self.buffer.get_mut(start..self.written).ok_or(fmt::Error)?;
        place.copy_from_slice(text.as_bytes());
        Ok(())
    }
}
