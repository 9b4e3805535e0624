// SPDX-License-Identifier: GPL-2.0

//! Keeps what a message carries after the message is gone. `copies_payload.rs` does it right.

use kernel::{
    net::connector::{Driver, Message},
    prelude::*,
    sync::Mutex,
};

include!("driver_module.inc");

#[pin_data]
struct Last {
    #[pin]
    payload: Mutex<Option<&'static [u8]>>,
}

#[vtable]
impl Driver for Last {
    type Payload = [u8];

    fn receive(&self, _message: &Message<'_>, payload: &[u8]) -> Result {
        *self.payload.lock() = Some(payload); //~ E0521
        Ok(())
    }
}
