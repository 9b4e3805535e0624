// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a listener hears, and what it does not.

use crate::process::{Event, Gap};

/// What a listener hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// An event.
    Event(Event),
    /// Events did not arrive.
    Lost(Loss),
}

/// Events that did not arrive. Each that found no room at the socket is counted in an
/// [`Overrun`](Loss::Overrun) and, if it is of a CPU that was heard before, in a [`Gap`] too, as
/// soon as that CPU is heard again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// The receive buffer was full.
    Overrun {
        /// How many events found no room in it since the last such loss.
        events: u32,
    },
    /// Numbers are missing: those of an overrun, or of events for which the kernel had no memory.
    /// Not reported by a listener to some kinds only, whose numbers have gaps anyway.
    Gap(Gap),
}
