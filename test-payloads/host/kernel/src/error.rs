// SPDX-License-Identifier: MIT OR Apache-2.0

//! Errors that are numbers.

use std::convert::Infallible;
use std::ffi::c_int;

use crate::alloc::AllocError;

/// An error, as the negative number that C functions return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error(c_int);

/// What a function returns that may fail.
pub type Result<T = (), E = Error> = std::result::Result<T, E>;

impl Error {
    /// Takes over a negative error number.
    pub const fn from_errno(errno: c_int) -> Self {
        Self(errno)
    }

    /// The negative error number.
    pub const fn to_errno(self) -> c_int {
        self.0
    }
}

impl From<AllocError> for Error {
    fn from(_: AllocError) -> Self {
        code::ENOMEM
    }
}

impl From<Infallible> for Error {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl From<std::fmt::Error> for Error {
    fn from(_: std::fmt::Error) -> Self {
        code::EINVAL
    }
}

/// A negative number is an error.
pub fn to_result(number: c_int) -> Result {
    if number < 0 {
        Err(Error::from_errno(number))
    } else {
        Ok(())
    }
}

/// An error becomes its number.
pub fn from_result<T: From<i16>>(f: impl FnOnce() -> Result<T>) -> T {
    match f() {
        Ok(value) => value,
        // Error numbers fit: they are above -4096.
        Err(error) => T::from(error.to_errno() as i16),
    }
}

/// The numbers, with the names that they have in C.
pub mod code {
    use super::Error;

    macro_rules! codes {
        ($($name:ident = $number:literal, $text:literal;)*) => {
            $(
                #[doc = $text]
                pub const $name: Error = Error::from_errno(-$number);
            )*
        };
    }

    // From include/uapi/asm-generic/errno-base.h and errno.h.
    codes! {
        EPERM = 1, "Operation not permitted.";
        ENOENT = 2, "No such file or directory.";
        ESRCH = 3, "No such process.";
        EINTR = 4, "Interrupted system call.";
        EIO = 5, "I/O error.";
        EAGAIN = 11, "Try again.";
        ENOMEM = 12, "Out of memory.";
        EBUSY = 16, "Device or resource busy.";
        EEXIST = 17, "File exists.";
        ENODEV = 19, "No such device.";
        EINVAL = 22, "Invalid argument.";
        EDEADLK = 35, "Resource deadlock would occur.";
        EMSGSIZE = 90, "Message too long.";
        ENOBUFS = 105, "No buffer space available.";
        ECONNREFUSED = 111, "Connection refused.";
    }
}
