// SPDX-License-Identifier: GPL-2.0

//! Answers from a work item, when the message is gone and its sender may be, too.

use kernel::{
    net::connector::{Driver, Message},
    prelude::*,
    workqueue,
};

include!("driver_module.inc");

struct Later;

#[vtable]
impl Driver for Later {
    type Payload = u32;

    fn receive(&self, message: &Message<'_>, number: u32) -> Result {
        let answer = move || drop(message.reply(&number, GFP_KERNEL));
        workqueue::system().try_spawn(GFP_KERNEL, answer)?; //~ E0277
        Ok(())
    }
}
