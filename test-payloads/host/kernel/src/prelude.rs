// SPDX-License-Identifier: MIT OR Apache-2.0

//! The names that kernel code has without asking for them.

// A crate of its own in the kernel, whose name all its files know.
pub use crate::bindings;

pub use crate::alloc::{flags::*, KBox, KVVec, KVec};
pub use crate::error::{code::*, Error, Result};
pub use crate::init::InPlaceInit;
pub use crate::str::CStrExt as _;
pub use crate::{
    current,
    module,
    pr_err,
    pr_info,
    pr_warn,
    static_assert,
    try_init,
    try_pin_init,
    ThisModule, //
};
pub use pin_init::{
    init,
    pin_data,
    pin_init,
    pinned_drop,
    InPlaceWrite,
    Init,
    PinInit,
    PinnedDrop,
    Zeroable, //
};
pub use std::ffi::{
    c_char,
    c_int,
    c_long,
    c_short,
    c_uchar,
    c_uint,
    c_ulong,
    c_ushort,
    c_void,
    CStr, //
};
pub use std::format_args as fmt;
pub use std::mem::{align_of, size_of};
pub use std::pin::Pin;
