// SPDX-License-Identifier: MIT OR Apache-2.0

//! Kernel modules.

use crate::error::Result;

// A file of the tree keeps its own ways.
#[allow(missing_docs)]
#[path = "../../../../target/tree/rust/rust/kernel/module/notifier.rs"]
pub mod notifier;

/// A module, as its own code names it.
pub struct ThisModule(());

impl ThisModule {
    /// The one module that there is here.
    pub const THIS: Self = Self(());

    /// What C code knows the module by.
    pub const fn as_ptr(&self) -> *mut crate::bindings::module {
        std::ptr::null_mut()
    }
}

/// What a module does when it is loaded. When it is unloaded, it is dropped.
pub trait Module: Sized + Sync + Send {
    /// Loads the module.
    fn init(module: &'static ThisModule) -> Result<Self>;
}

/// Declares a module. Tests load it with the function `load` of the module's crate.
#[macro_export]
macro_rules! module {
    (type: $type:ty, $($_information:tt)*) => {
        /// Loads the module; dropping what is returned unloads it.
        pub fn load() -> $crate::error::Result<impl Send + Sync> {
            static THIS_MODULE: $crate::ThisModule = $crate::ThisModule::THIS;
            <$type as $crate::Module>::init(&THIS_MODULE)
        }
    };
}
