// SPDX-License-Identifier: MIT OR Apache-2.0

//! `linux/proc_fs.h` and `linux/seq_file.h`.

use std::ffi::{c_char, c_int, c_void, CStr};
use std::ptr;

use crate::alloc::{allocate, flags::GFP_KERNEL};
use crate::fmt;
use crate::host::memory::Counted;
use crate::host::proc;

/// Writes the content of a file.
pub type ShowFunction = unsafe extern "C" fn(*mut seq_file, *mut c_void) -> c_int;

/// `struct seq_file`: the buffer of one who reads a file.
pub struct seq_file {
    pub(crate) written: Vec<u8>,
    /// How many bytes have room.
    pub(crate) size: usize,
    /// Whether more was to be written.
    pub(crate) overflown: bool,
}

/// `struct proc_dir_entry`.
pub struct proc_dir_entry {
    show: ShowFunction,
    _counted: Counted,
}

/// Makes a file in `/proc/net` (the only folder that there is). Returns null if the name is taken
/// or there is no memory.
///
/// # Safety
///
/// `name` must be valid, and `show` may be called with any file until the file is removed.
pub unsafe fn proc_create_single_data(
    name: *const c_char,
    _mode: u16,
    _parent: *mut proc_dir_entry,
    show: Option<ShowFunction>,
    _data: *mut c_void,
) -> *mut proc_dir_entry {
    // SAFETY: Promised by the caller.
    let name = unsafe { CStr::from_ptr(name) };
    let (Some(show), Ok(_counted)) = (show, allocate(GFP_KERNEL)) else {
        return ptr::null_mut();
    };
    if !proc::create(name, show) {
        return ptr::null_mut();
    }
    Box::into_raw(Box::new(proc_dir_entry { show, _counted }))
}

/// Removes a file after those who read it are done.
///
/// # Safety
///
/// `entry` must come from [`proc_create_single_data`] and is gone afterwards.
pub unsafe fn proc_remove(entry: *mut proc_dir_entry) {
    // SAFETY: Promised by the caller.
    let entry = unsafe { Box::from_raw(entry) };
    proc::remove(entry.show);
}

/// Writes to a file. What does not fit is noted.
///
/// # Safety
///
/// `file` must be valid and used by nobody else, and `data` valid for `len` bytes.
pub unsafe fn seq_write(file: *mut seq_file, data: *const c_void, len: usize) -> c_int {
    // SAFETY: Promised by the caller.
    let (file, data) = unsafe {
        (
            &mut *file,
            std::slice::from_raw_parts(data.cast::<u8>(), len),
        )
    };
    // As in C, a full buffer counts as overflown.
    if file.written.len() + len < file.size {
        file.written.extend_from_slice(data);
        0
    } else {
        file.overflown = true;
        -1
    }
}

/// Writes formatted text to a file.
///
/// # Safety
///
/// `file` as for [`seq_write`]; `format` is `%pA`, and `arguments` a valid [`fmt::Arguments`].
pub unsafe fn seq_printf(file: *mut seq_file, _format: *const c_char, arguments: *const c_void) {
    // SAFETY: Promised by the caller.
    let text = unsafe { &*arguments.cast::<fmt::Arguments<'_>>() }.to_string();
    // SAFETY: Promised by the caller.
    unsafe { seq_write(file, text.as_ptr().cast(), text.len()) };
}
