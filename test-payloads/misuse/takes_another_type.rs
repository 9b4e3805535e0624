// SPDX-License-Identifier: GPL-2.0

//! Says that messages carry a number, and takes bytes.

use kernel::{
    net::connector::{Driver, Message},
    prelude::*,
};

include!("driver_module.inc");

struct Sum;

#[vtable]
impl Driver for Sum {
    type Payload = u32;

    fn receive(&self, _message: &Message<'_>, _number: &[u8]) -> Result {
        //~^ E0053
        Ok(())
    }
}
