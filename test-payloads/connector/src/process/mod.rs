// SPDX-License-Identifier: MIT OR Apache-2.0

//! Process events: who was made, who runs what, who ended.

mod event;
mod kinds;
mod listener;
mod sequence;
mod unavailable;

pub use event::{Event, Thread, What};
pub use kinds::{Kinds, Request, mask};
pub use listener::{Heard, Listener, Loss, RECEIVE_BUFFER};
pub use sequence::Gap;
pub use unavailable::Unavailable;

use crate::Id;

/// The id of process events. Its `idx` is also their group.
pub const ID: Id = Id::new(1, 1);
