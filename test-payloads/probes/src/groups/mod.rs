// SPDX-License-Identifier: MIT OR Apache-2.0

//! The tests, a file for each group.

mod core;
mod errors;
mod events;
mod listening;
mod malformed;
mod multicast;
mod permissions;
mod programs;
mod removal;
mod roundtrip;
mod sample;
mod send;
mod table;
mod users;
mod versions;

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
    versions::GROUP,
    events::GROUP,
    listening::GROUP,
    users::GROUP,
    sample::GROUP,
    programs::GROUP,
];
