// SPDX-License-Identifier: MIT OR Apache-2.0

//! Process events: who was made, who runs what, who ended.
//!
//! A [`Listener`] hands out what the kernel reports, all or some [`Kinds`] of it, and says what was
//! lost. A [`Watch`] knows who lives, besides, and repairs that after a loss.

mod event;
mod heard;
mod kinds;
mod list;
mod listener;
mod picture;
mod sequence;
mod unavailable;
mod watch;

pub use event::{Event, Thread, What};
pub use heard::{Heard, Loss};
pub use kinds::{Kinds, Request};
pub use listener::{Listener, RECEIVE_BUFFER};
pub use picture::{Change, Process, Synthetic};
pub use sequence::Gap;
pub use unavailable::Unavailable;
pub use watch::{Notice, Watch};

use crate::Id;

/// The id of process events. Its `idx` is also their group.
pub const ID: Id = Id::new(1, 1);
