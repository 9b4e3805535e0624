// SPDX-License-Identifier: GPL-2.0

//! Sends a vector, which is a pointer, and not what it points to.

use kernel::{net::connector::Message, prelude::*};

fn answer(message: &Message<'_>, list: &KVec<u8>) -> Result {
    message.reply(list, GFP_KERNEL) //~ E0277
}
