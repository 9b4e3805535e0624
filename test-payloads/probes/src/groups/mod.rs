// SPDX-License-Identifier: MIT OR Apache-2.0

//! The tests, a file for each group.

mod core;
mod errors;
mod events;
mod faults;
mod listening;
mod malformed;
mod model;
mod multicast;
mod permissions;
mod programs;
mod removal;
mod roundtrip;
mod sample;
mod send;
mod storm;
mod table;
mod users;

use crate::ktap::Group;

/// Every group, from the core's promises to the programs that live on them.
pub(crate) const ALL: &[Group] = &[
    roundtrip::GROUP,
    multicast::GROUP,
    send::GROUP,
    errors::GROUP,
    malformed::GROUP,
    table::GROUP,
    removal::GROUP,
    permissions::GROUP,
    core::GROUP,
    storm::GROUP,
    model::GROUP,
    faults::DRIVER,
    faults::CORE,
    events::GROUP,
    listening::GROUP,
    users::GROUP,
    sample::GROUP,
    programs::GROUP,
];
