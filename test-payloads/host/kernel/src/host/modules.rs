// SPDX-License-Identifier: MIT OR Apache-2.0

//! Modules of drivers.

use std::ffi::CStr;

use crate::bindings;

/// Lets a module go that consists of the functions at these addresses. Its exit function, if it was
/// to have one, has been called already.
pub fn go(name: &CStr, functions: &[usize]) {
    bindings::module_going(bindings::module {
        name: name.to_owned(),
        functions: functions.to_vec(),
    });
}
