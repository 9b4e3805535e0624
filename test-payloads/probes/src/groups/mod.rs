// SPDX-License-Identifier: MIT OR Apache-2.0

//! The tests, a file for each group.

mod clients;
mod core;
mod crossing;
mod crowd;
mod departed;
mod errors;
mod events;
mod faults;
mod full;
mod left_behind;
mod left_behind_core;
mod listening;
mod loading;
mod malformed;
mod model;
mod multicast;
mod permissions;
mod programs;
mod removal;
mod removers;
mod roundtrip;
mod sample;
mod send;
mod several;
mod skeleton;
mod slab;
mod store;
mod storm;
mod table;
mod unavailable;
mod unloading;
mod users;
mod versions;
mod visitors;
mod watch;

use crate::ktap::Group;

pub(crate) use unavailable::hear;

/// Every group, from the core's promises to the programs that live on them.
pub(crate) const ALL: &[Group] = &[
    roundtrip::GROUP,
    multicast::GROUP,
    send::GROUP,
    several::GROUP,
    errors::GROUP,
    malformed::GROUP,
    table::GROUP,
    removal::GROUP,
    removers::GROUP,
    full::GROUP,
    crossing::GROUP,
    permissions::GROUP,
    clients::GROUP,
    core::GROUP,
    left_behind::GROUP,
    left_behind_core::GROUP,
    departed::GROUP,
    loading::GROUP,
    loading::ENDLESS,
    versions::GROUP,
    storm::GROUP,
    model::GROUP,
    faults::DRIVER,
    faults::CORE,
    events::GROUP,
    listening::GROUP,
    watch::GROUP,
    crowd::GROUP,
    unavailable::GROUP,
    unavailable::WITHOUT_CONNECTOR,
    unavailable::WITHOUT_EVENTS,
    users::GROUP,
    unloading::GROUP,
    sample::GROUP,
    slab::GROUP,
    store::GROUP,
    programs::GROUP,
    skeleton::GROUP,
    visitors::GROUP,
];
