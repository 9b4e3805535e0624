// SPDX-License-Identifier: MIT OR Apache-2.0

//! Loads and unloads the kernel modules that lie in `/modules`.

use std::ffi::{CStr, CString};
use std::fs::File;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::kmod::{DeleteModuleFlags, ModuleInitFlags, delete_module, finit_module};

/// A loaded module; dropping it unloads it.
pub(crate) struct Module {
    name: Option<CString>,
}

/// Where the module `name` lies; one of another flavor is named `FLAVOR/NAME`.
pub(crate) fn path(name: &str) -> String {
    format!("/modules/{name}.ko")
}

impl Module {
    /// Loads `/modules/NAME.ko`.
    pub(crate) fn load(name: &str) -> Result<Self> {
        let path = path(name);
        let file = File::open(&path)
            .with_context(|| format!("cannot open {path}; does the scenario list it?"))?;
        finit_module(&file, c"", ModuleInitFlags::empty())
            .with_context(|| format!("cannot load {name}"))?;
        Self::loaded(name)
    }

    /// The module `name` that somebody else has loaded.
    pub(crate) fn loaded(name: &str) -> Result<Self> {
        let name = name.rsplit('/').next().unwrap_or(name);
        // The kernel knows a module by its name with underscores.
        let name = CString::new(name.replace('-', "_")).context("a name with a zero in it")?;
        Ok(Self { name: Some(name) })
    }

    /// Leaves it to somebody else to unload; gives the kernel's name for it.
    pub(crate) fn give_up(mut self) -> String {
        let name = self.name.take().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// Unloads it; fails at once when it is in use.
    pub(crate) fn unload(mut self) -> Result<()> {
        self.name.take().map_or(Ok(()), |name| unload(&name))
    }

    /// Unloads it as soon as nobody uses it.
    pub(crate) fn unload_when_free(mut self) -> Result<()> {
        let Some(name) = self.name.take() else {
            return Ok(());
        };
        loop {
            match delete_module(&name, DeleteModuleFlags::O_NONBLOCK) {
                Err(Errno::EWOULDBLOCK) => {}
                outcome => return outcome.context("cannot unload it"),
            }
        }
    }
}

/// Unloads the module that the kernel knows under this name.
pub(crate) fn unload(name: &CStr) -> Result<()> {
    delete_module(name, DeleteModuleFlags::O_NONBLOCK)
        .with_context(|| format!("cannot unload {}", name.to_string_lossy()))
}

impl Drop for Module {
    fn drop(&mut self) {
        if let Some(name) = self.name.take() {
            // The test has failed already and says why.
            let _ = delete_module(&name, DeleteModuleFlags::O_NONBLOCK);
        }
    }
}
