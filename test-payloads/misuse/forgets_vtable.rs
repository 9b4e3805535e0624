// SPDX-License-Identifier: GPL-2.0

//! Leaves out `#[vtable]`, so that nobody knows whether there is a `receive`.

use kernel::{
    net::connector::{Driver, Message},
    prelude::*,
};

include!("driver_module.inc");

struct Quiet;

impl Driver for Quiet {
    //~^ E0046
    type Payload = [u8];

    fn receive(&self, _message: &Message<'_>, _payload: &[u8]) -> Result {
        Ok(())
    }
}
