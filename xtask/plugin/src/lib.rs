// SPDX-License-Identifier: MIT OR Apache-2.0

//! A plugin of QEMU (`-plugin FILE,out=PATH`) that writes down which instructions of the guest are
//! executed between two readings of the time stamp counter, for those pairs of readings that the
//! guest's program `bench` marks. Of all pairs it takes the one whose number of instructions is the
//! median, and writes a line `ADDRESS COUNT` for each instruction, the address in hexadecimal.

mod qemu;
mod watch;

use std::ffi::{CStr, c_char, c_int, c_void};

use qemu::{Block, Id, Info};

/// The version of QEMU's interface that this is written for; QEMU looks for it.
#[unsafe(no_mangle)]
pub static qemu_plugin_version: c_int = 1;

/// What the guest says, or whether it merely executes.
enum Meaning {
    /// The next readings count.
    Begin,
    /// They do not any more.
    End,
    /// The counter is read.
    Border,
    /// Nothing.
    Other,
}

/// Kernel modules lie above this address, the kernel itself below.
const MODULES: u64 = 0xffff_ffff_a000_0000;

/// The guest's program is linked below this address; what the kernel gives it to read the time
/// with lies above.
const PROGRAM: u64 = 1 << 32;

/// Called by QEMU once, before the guest runs; 0 is success.
///
/// # Safety
///
/// `arguments` must point to `count` strings, as QEMU's do.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_plugin_install(
    id: Id,
    _info: *const Info,
    count: c_int,
    arguments: *const *const c_char,
) -> c_int {
    for index in 0..usize::try_from(count).unwrap_or(0) {
        // SAFETY: the caller promises that there are so many.
        let argument = unsafe { arguments.add(index) };
        // SAFETY: as above.
        let argument = unsafe { *argument };
        // SAFETY: each is a string of QEMU's.
        let argument = unsafe { CStr::from_ptr(argument) }.to_string_lossy();
        if let Some(path) = argument.strip_prefix("out=") {
            watch::write_to(path);
        }
    }
    // SAFETY: `id` is that of this plugin, and the functions live as long as it.
    unsafe { qemu::qemu_plugin_register_vcpu_tb_trans_cb(id, translated) };
    // SAFETY: as above.
    unsafe { qemu::qemu_plugin_register_atexit_cb(id, ended, std::ptr::null_mut()) };
    0
}

extern "C" fn translated(_id: Id, block: *mut Block) {
    // SAFETY: QEMU passes a block that is valid during this call.
    let count = unsafe { qemu::qemu_plugin_tb_n_insns(block) };
    for index in 0..count {
        // SAFETY: the block has more than `index` instructions.
        let instruction = unsafe { qemu::qemu_plugin_tb_get_insn(block, index) };
        // SAFETY: the instruction is one of the block's.
        let address = unsafe { qemu::qemu_plugin_insn_vaddr(instruction) };
        // SAFETY: as above.
        let bytes = unsafe { qemu::bytes(instruction) };
        let call = match meaning(address, bytes) {
            Meaning::Begin => begin,
            Meaning::End => end,
            Meaning::Border => border,
            Meaning::Other => executed,
        };
        let data = std::ptr::without_provenance_mut(usize::try_from(address).unwrap_or(0));
        // SAFETY: as above; the function reads no registers and takes the address as a number.
        unsafe { qemu::qemu_plugin_register_vcpu_insn_exec_cb(instruction, call, 0, data) };
    }
}

/// The kernel reads the counter, too, to know the time: only the module and the program count.
fn meaning(address: u64, bytes: &[u8]) -> Meaning {
    let in_program = address < PROGRAM;
    match bytes {
        [0x66, 0x87, 0xdb] if in_program => Meaning::Begin,
        [0x66, 0x87, 0xc9] if in_program => Meaning::End,
        [0x0f, 0x31] if in_program || address >= MODULES => Meaning::Border,
        _ => Meaning::Other,
    }
}

extern "C" fn begin(_cpu: u32, _address: *mut c_void) {
    watch::mark(true);
}

extern "C" fn end(_cpu: u32, _address: *mut c_void) {
    watch::mark(false);
}

extern "C" fn border(_cpu: u32, _address: *mut c_void) {
    watch::border();
}

extern "C" fn executed(_cpu: u32, address: *mut c_void) {
    watch::executed(address.addr());
}

extern "C" fn ended(_id: Id, _data: *mut c_void) {
    if let Err(error) = watch::write() {
        eprintln!("cannot write which instructions were executed: {error}");
    }
}
