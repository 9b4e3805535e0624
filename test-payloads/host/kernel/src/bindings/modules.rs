// SPDX-License-Identifier: MIT OR Apache-2.0

//! `linux/module.h` and `linux/notifier.h`.

use std::ffi::{c_char, c_int, c_ulong, c_void, CString};
use std::ptr;
use std::sync::{Mutex, PoisonError, RwLock};

/// `struct module`.
pub struct module {
    pub(crate) name: CString,
    /// The addresses of its functions.
    pub(crate) functions: Vec<usize>,
}

/// `enum module_state`.
pub type module_state = u32;

/// `MODULE_STATE_GOING`.
pub const module_state_MODULE_STATE_GOING: module_state = 2;

/// `NOTIFY_DONE`.
pub const NOTIFY_DONE: u32 = 0;

/// `notifier_fn_t`.
pub type notifier_fn_t =
    Option<unsafe extern "C" fn(*mut notifier_block, c_ulong, *mut c_void) -> c_int>;

/// `struct notifier_block`.
#[derive(Default)]
pub struct notifier_block {
    /// Who is called.
    pub notifier_call: notifier_fn_t,
    /// Who comes first. Nothing here depends on it.
    pub priority: c_int,
}

/// The address of a block.
#[derive(PartialEq)]
struct Block(*mut notifier_block);

// SAFETY: Who registers a block leaves it to everybody.
unsafe impl Send for Block {}
// SAFETY: As above.
unsafe impl Sync for Block {}

/// The chain, which is held for reading while it calls.
static CHAIN: RwLock<Vec<Block>> = RwLock::new(Vec::new());

/// There is no telling in which order two modules go.
static GOING: Mutex<()> = Mutex::new(());

/// Appends a block to the chain.
///
/// # Safety
///
/// The block must be valid, and can be called, until it is unregistered.
pub unsafe fn register_module_notifier(block: *mut notifier_block) -> c_int {
    let mut chain = CHAIN.write().unwrap_or_else(PoisonError::into_inner);
    chain.push(Block(block));
    0
}

/// Takes a block out of the chain when that does not call.
///
/// # Safety
///
/// As in C.
pub unsafe fn unregister_module_notifier(block: *mut notifier_block) -> c_int {
    let mut chain = CHAIN.write().unwrap_or_else(PoisonError::into_inner);
    chain.retain(|other| *other != Block(block));
    0
}

/// What the end of a module makes of the chain.
pub(crate) fn module_going(mut going: module) {
    let _turn = GOING.lock().unwrap_or_else(PoisonError::into_inner);
    let chain = CHAIN.read().unwrap_or_else(PoisonError::into_inner);
    let state = module_state_MODULE_STATE_GOING.into();
    for Block(block) in chain.iter() {
        // SAFETY: The block is valid as long as it is in the chain.
        unsafe {
            if let Some(call) = (**block).notifier_call {
                call(*block, state, ptr::from_mut(&mut going).cast());
            }
        }
    }
}

/// The name of a module.
///
/// # Safety
///
/// `module` must be valid.
pub unsafe fn module_name(module: *mut module) -> *const c_char {
    // SAFETY: Promised by the caller.
    unsafe { (*module).name.as_ptr() }
}

/// Whether an address is that of something in a module.
///
/// # Safety
///
/// `module` must be valid.
pub unsafe fn within_module(address: c_ulong, module: *const module) -> bool {
    // SAFETY: Promised by the caller.
    unsafe { (*module).functions.contains(&(address as usize)) }
}
