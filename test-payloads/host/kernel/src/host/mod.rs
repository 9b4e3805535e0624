// SPDX-License-Identifier: MIT OR Apache-2.0

//! What tests see of the stand-in: the other side of the kernel.

pub mod log;
pub mod memory;
pub mod modules;
pub mod proc;
pub mod user;
pub mod waiting;
