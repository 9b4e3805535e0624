// SPDX-License-Identifier: GPL-2.0

//! Has senders send a `bool`, which must not be anything but 0 or 1.

use kernel::{
    net::connector::{Driver, Message},
    prelude::*,
};

include!("driver_module.inc");

struct Switch;

#[vtable]
impl Driver for Switch {
    type Payload = bool; //~ E0277

    fn receive(&self, _message: &Message<'_>, _on: bool) -> Result {
        //~^ E0277
        Ok(())
    }
}
