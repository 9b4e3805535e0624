// SPDX-License-Identifier: GPL-2.0

//! Sends a type with gaps, in which there are old contents of the kernel's memory.

use kernel::prelude::*;

#[derive(IntoBytes)] //~ E0277
#[repr(C)]
struct Answer {
    value: u64,
    unit: u8,
}
