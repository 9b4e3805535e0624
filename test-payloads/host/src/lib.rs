// SPDX-License-Identifier: MIT OR Apache-2.0

//! The connector core, loaded on the host, as its users see it: drivers in C, and programs that
//! send datagrams and read `/proc/net/connector`. The tests know nothing of how it is built.

mod core;
mod driver;
mod message;
mod threads;

pub use self::core::Core;
pub use driver::{Received, add, calls, del, record};
pub use kernel::bindings::cb_id as Id;
pub use message::Datagram;
pub use threads::{in_time, wait_until};

/// How many cases are tried: as many as given, or a few where each step is interpreted.
pub fn cases(plain: u32, interpreted: u32) -> u32 {
    if cfg!(miri) { interpreted } else { plain }
}

/// An id.
pub const fn id(idx: u32, val: u32) -> Id {
    Id { idx, val }
}

/// Ids whose products with the golden ratio, by which the core spreads them, differ in the lowest
/// bits alone: in a table of any size all belong to the same place.
pub fn colliding_id(number: u32) -> Id {
    const GOLDEN_RATIO_64: u64 = 0x61c8_8646_80b5_83eb;
    // Newton's iteration for the inverse modulo 2^64 doubles the number of right bits each time,
    // from the 3 that any odd number has in common with its inverse.
    let inverse = (0..5).fold(GOLDEN_RATIO_64, |x, _| {
        x.wrapping_mul(2u64.wrapping_sub(GOLDEN_RATIO_64.wrapping_mul(x)))
    });
    let key = inverse.wrapping_mul(u64::from(number));
    id((key >> 32) as u32, key as u32)
}
