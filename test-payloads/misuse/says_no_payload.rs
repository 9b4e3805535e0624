// SPDX-License-Identifier: GPL-2.0

//! Does not say what messages carry.

use kernel::{net::connector::Driver, prelude::*};

include!("driver_module.inc");

struct Silent;

#[vtable]
impl Driver for Silent {
    //~^ E0046
}
