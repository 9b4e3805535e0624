// SPDX-License-Identifier: MIT OR Apache-2.0

//! Loading and unloading the core.

use std::sync::{Mutex, MutexGuard, PoisonError};

use kernel::error::Result;
use kernel::host::{log, memory, proc};
use kernel::sync::rcu;

/// There is one kernel for all tests of a program: they take turns.
static TURN: Mutex<()> = Mutex::new(());

/// The loaded core. When it is unloaded, nothing may be left of it: neither memory nor a complaint
/// in the kernel log.
pub struct Core {
    module: Option<Box<dyn Send + Sync>>,
    _turn: MutexGuard<'static, ()>,
}

impl Core {
    /// Loads the core, when it is this test's turn.
    pub fn load() -> Self {
        let mut core = Self::absent();
        match core.try_load() {
            Ok(()) => core,
            Err(error) => panic!("the core does not load: {error:?}"),
        }
    }

    /// The kernel without the core, when it is this test's turn.
    pub fn absent() -> Self {
        Self {
            module: None,
            _turn: TURN.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Tries to load the core.
    pub fn try_load(&mut self) -> Result {
        let module = cn::load()?;
        self.module = Some(Box::new(module));
        Ok(())
    }

    /// The rows of `/proc/net/connector`, without the first one.
    pub fn rows(&self) -> Result<Vec<u8>> {
        const HEAD: &[u8] = b"Name            ID\n";

        let Some(content) = proc::read("connector") else {
            panic!("there is no /proc/net/connector");
        };
        let content = content?;
        match content.strip_prefix(HEAD) {
            Some(rows) => Ok(rows.to_vec()),
            None => panic!("no head: {}", content.escape_ascii()),
        }
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        self.module = None;
        // A module whose code goes has waited itself for what RCU frees late.
        let (said, alive) = (log::take(), memory::alive());
        rcu::rcu_barrier();
        if !std::thread::panicking() {
            assert_eq!(said, [""; 0], "the kernel log");
            assert_eq!(alive, 0, "allocations that were not given back");
        }
    }
}
