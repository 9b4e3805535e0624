// SPDX-License-Identifier: GPL-2.0

//! Counts in a cell, though several tasks may send at once.

use core::cell::Cell;
use kernel::{
    net::connector::{Driver, Message},
    prelude::*,
};

include!("driver_module.inc");

struct Counter {
    messages: Cell<u32>,
}

#[vtable]
impl Driver for Counter {
    //~^ E0277
    type Payload = [u8];

    fn receive(&self, _message: &Message<'_>, _payload: &[u8]) -> Result {
        self.messages.set(self.messages.get() + 1);
        Ok(())
    }
}
