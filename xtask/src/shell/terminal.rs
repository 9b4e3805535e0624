// SPDX-License-Identifier: MIT OR Apache-2.0

//! The terminal, which a QEMU that dies leaves as it was for itself.

use std::io::stdin;

use nix::sys::termios::{SetArg, Termios, tcgetattr, tcsetattr};

/// Puts the terminal back when it is dropped; does nothing where there is none.
pub(super) struct Restored(Option<Termios>);

impl Default for Restored {
    fn default() -> Self {
        Self(tcgetattr(stdin()).ok())
    }
}

impl Drop for Restored {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            // Nothing can be done about a terminal that is gone.
            let _ = tcsetattr(stdin(), SetArg::TCSADRAIN, before);
        }
    }
}
