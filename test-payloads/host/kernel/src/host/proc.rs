// SPDX-License-Identifier: MIT OR Apache-2.0

//! The files in `/proc/net`, as a program reads them.

use std::ffi::{c_int, CStr};
use std::sync::{PoisonError, RwLock};

use crate::bindings::{seq_file, ShowFunction};
use crate::error::{to_result, Result};

/// A file, by its name.
pub(crate) struct File {
    name: String,
    show: ShowFunction,
}

// Reading holds the lock: a file is removed after those who read it are done.
static FILES: RwLock<Vec<File>> = RwLock::new(Vec::new());

/// Makes a file. Returns whether the name was free.
pub(crate) fn create(name: &CStr, show: ShowFunction) -> bool {
    let name = name.to_string_lossy().into_owned();
    let mut files = FILES.write().unwrap_or_else(PoisonError::into_inner);
    let free = files.iter().all(|file| file.name != name);
    if free {
        files.push(File { name, show });
    }
    free
}

/// Removes a file.
pub(crate) fn remove(show: ShowFunction) {
    let mut files = FILES.write().unwrap_or_else(PoisonError::into_inner);
    files.retain(|file| !std::ptr::fn_addr_eq(file.show, show));
}

/// Reads a file as a whole; none if there is none of that name.
///
/// As seq_file does, this starts with a small buffer and shows the content anew in one of twice
/// the size until it fits.
pub fn read(name: &str) -> Option<Result<Vec<u8>>> {
    let files = FILES.read().unwrap_or_else(PoisonError::into_inner);
    let file = files.iter().find(|file| file.name == name)?;
    let mut size = 64;
    loop {
        let mut buffer = seq_file {
            written: Vec::new(),
            size,
            overflown: false,
        };
        // SAFETY: The file is there, and the buffer is not used by anyone else meanwhile.
        let status: c_int = unsafe { (file.show)(&mut buffer, std::ptr::null_mut()) };
        if let Err(error) = to_result(status) {
            return Some(Err(error));
        }
        if !buffer.overflown {
            return Some(Ok(buffer.written));
        }
        size *= 2;
    }
}
