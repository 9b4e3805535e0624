// SPDX-License-Identifier: GPL-2.0

//! Uses the driver of a registration that is over.

use kernel::net::connector::{Driver, Registration};

fn end<T: Driver>(registration: Registration<T>, say: impl Fn(&T)) {
    let driver = registration.driver();
    drop(registration); //~ E0505
    say(&driver);
}
