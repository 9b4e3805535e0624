// SPDX-License-Identifier: GPL-2.0

//! Changes the driver, though several tasks may send at once.

use kernel::{
    net::connector::{Driver, Message},
    prelude::*,
};

include!("driver_module.inc");

struct Counter {
    messages: u32,
}

#[vtable]
impl Driver for Counter {
    type Payload = [u8];

    fn receive(&self, _message: &Message<'_>, _payload: &[u8]) -> Result {
        self.messages += 1; //~ E0594
        Ok(())
    }
}
