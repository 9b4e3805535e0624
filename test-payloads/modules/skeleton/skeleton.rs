// SPDX-License-Identifier: GPL-2.0

//! A driver that divides numbers, and counts how often it did.

use kernel::{
    net::connector::{
        Driver,
        Id,
        Message,
        Registration, //
    },
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc,
    },
};

module! {
    type: SkeletonModule,
    name: "skeleton",
    authors: ["The Linux connector developers"],
    description: "A driver of the connector",
    license: "GPL",
}

/// Where userspace finds the driver.
const ID: Id = Id {
    idx: 0x17,
    val: 0x1,
};

/// What a message carries. One of another length is refused.
#[derive(FromBytes)]
#[repr(C)]
struct Request {
    dividend: u32,
    divisor: u32,
}

/// What the driver knows, for all its clients.
struct Skeleton {
    divisions: Atomic<u32>,
}

#[vtable]
impl Driver for Skeleton {
    type Payload = Request;

    // A sender who asks for it (NLM_F_ACK) is told what came of his message.
    const ACKNOWLEDGES: bool = true;

    fn receive(&self, message: &Message<'_>, request: Request) -> Result {
        let Some(quotient) = request.dividend.checked_div(request.divisor) else {
            return Err(message.refuse(EDOM, c"the divisor is 0"));
        };
        let remainder = request.dividend - quotient * request.divisor;
        let divisions = self.divisions.fetch_add(1, Relaxed).wrapping_add(1);
        message.reply(&[quotient, remainder, divisions], GFP_KERNEL)
    }
}

struct SkeletonModule {
    _registration: Registration<Skeleton>,
}

impl kernel::Module for SkeletonModule {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let driver = Skeleton {
            divisions: Atomic::new(0),
        };
        let driver = Arc::new(driver, GFP_KERNEL)?;
        Ok(Self {
            _registration: Registration::new(ID, c"skeleton", driver)?,
        })
    }
}
