// SPDX-License-Identifier: GPL-2.0

//! A driver that keeps something in the sockets of its clients: how often each has been here.

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
    type: VisitorsModule,
    name: "visitors",
    authors: ["The Linux connector developers"],
    description: "A driver that keeps something of its clients",
    license: "GPL",
}

/// Where userspace finds the driver.
const ID: Id = Id {
    idx: 0x18,
    val: 0x1,
};

/// What is kept in a socket.
struct Visits(Atomic<u32>);

struct Visitors {
    module: &'static ThisModule,
}

#[vtable]
impl Driver for Visitors {
    // Nothing.
    type Payload = [u8; 0];

    const ACKNOWLEDGES: bool = true;

    fn receive(&self, message: &Message<'_>, _: [u8; 0]) -> Result {
        let new = Visits(Atomic::new(0));
        let visits = message.sender().keep(self.module, new, GFP_KERNEL)?;
        let visit = visits.0.fetch_add(1, Relaxed).wrapping_add(1);
        message.reply(&visit, GFP_KERNEL)
    }
}

struct VisitorsModule {
    _registration: Registration<Visitors>,
}

impl kernel::Module for VisitorsModule {
    fn init(module: &'static ThisModule) -> Result<Self> {
        let driver = Arc::new(Visitors { module }, GFP_KERNEL)?;
        Ok(Self {
            _registration: Registration::new(ID, c"visitors", driver)?,
        })
    }
}
