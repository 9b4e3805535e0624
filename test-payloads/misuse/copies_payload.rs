// SPDX-License-Identifier: GPL-2.0

//! Keeps a copy of what a message carries, and answers with the one before. This is right.

use core::mem;
use kernel::{
    net::connector::{Driver, Message},
    prelude::*,
    sync::Mutex,
};

include!("driver_module.inc");

#[pin_data]
struct Last {
    #[pin]
    payload: Mutex<KVec<u8>>,
}

#[vtable]
impl Driver for Last {
    type Payload = [u8];

    fn receive(&self, message: &Message<'_>, payload: &[u8]) -> Result {
        let mut copy = KVec::with_capacity(payload.len(), GFP_KERNEL)?;
        copy.extend_from_slice(payload, GFP_KERNEL)?;
        let last = mem::replace(&mut *self.payload.lock(), copy);
        message.reply(last.as_slice(), GFP_KERNEL)
    }
}
