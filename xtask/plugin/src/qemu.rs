// SPDX-License-Identifier: MIT OR Apache-2.0

//! The part of QEMU's interface to plugins (`qemu-plugin.h`, version 1) that is used here.

use std::ffi::{c_int, c_void};

/// Which plugin.
pub(crate) type Id = u64;

/// What QEMU says of itself.
#[repr(C)]
pub struct Info {
    _opaque: [u8; 0],
}

/// Instructions that were translated together.
#[repr(C)]
pub(crate) struct Block {
    _opaque: [u8; 0],
}

/// One of them.
#[repr(C)]
pub(crate) struct Instruction {
    _opaque: [u8; 0],
}

unsafe extern "C" {
    pub(crate) fn qemu_plugin_register_vcpu_tb_trans_cb(
        id: Id,
        call: extern "C" fn(Id, *mut Block),
    );
    pub(crate) fn qemu_plugin_register_atexit_cb(
        id: Id,
        call: extern "C" fn(Id, *mut c_void),
        data: *mut c_void,
    );
    pub(crate) fn qemu_plugin_tb_n_insns(block: *const Block) -> usize;
    pub(crate) fn qemu_plugin_tb_get_insn(block: *const Block, index: usize) -> *mut Instruction;
    pub(crate) fn qemu_plugin_insn_vaddr(instruction: *const Instruction) -> u64;
    fn qemu_plugin_insn_data(instruction: *const Instruction) -> *const u8;
    fn qemu_plugin_insn_size(instruction: *const Instruction) -> usize;
    /// `flags` 0: the call reads no registers.
    pub(crate) fn qemu_plugin_register_vcpu_insn_exec_cb(
        instruction: *mut Instruction,
        call: extern "C" fn(u32, *mut c_void),
        flags: c_int,
        data: *mut c_void,
    );
}

/// The bytes of an instruction.
///
/// # Safety
///
/// `instruction` must be of a block that is being translated, and the bytes are gone after that.
pub(crate) unsafe fn bytes<'a>(instruction: *const Instruction) -> &'a [u8] {
    // SAFETY: the caller promises that it is valid.
    let data = unsafe { qemu_plugin_insn_data(instruction) };
    // SAFETY: as above.
    let size = unsafe { qemu_plugin_insn_size(instruction) };
    // SAFETY: QEMU keeps so many bytes there while the block is translated.
    unsafe { std::slice::from_raw_parts(data, size) }
}
