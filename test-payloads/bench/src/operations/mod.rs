// SPDX-License-Identifier: MIT OR Apache-2.0

//! The operations, from the bare socket to what is left of a listener that died.

mod events;
mod groups;
mod ids;
mod memory;
mod rivals;
mod several;

use std::thread;
use std::time::Duration;

use anyhow::Result;

use crate::bench::Bench;
use crate::counter;
use crate::driver::Driver;
use crate::figure::Figure;
use crate::marker::Marker;

/// Bytes of data in the messages that userspace sends.
const PAYLOADS: [usize; 3] = [0, 64, 1024];

/// How many ids are registered while something is measured.
const IDS: [u32; 5] = [1, 16, 256, 1024, 4096];

/// How many sockets hear a multicast.
const LISTENERS: [u32; 4] = [0, 1, 8, 64];

/// The sender's port. Listeners have those behind it.
const PORT: u32 = 1000;

/// Longer than the serial port takes for what was printed before, which interrupts at each byte.
const SETTLED: Duration = Duration::from_millis(200);

/// Measures every operation; fails when one does not do what it is measured for. A watcher of the
/// processor is told of the operation `watched`.
pub(crate) fn measure_all(watched: Option<String>) -> Result<Vec<Figure>> {
    let driver = Driver::open()?;
    thread::sleep(SETTLED);
    let program = counter::in_program()?;
    let module = counter::in_module(&driver)?;
    let mut bench = Bench::new(driver, Marker::new(watched), &program, &module);
    rivals::measure(&mut bench)?;
    ids::measure(&mut bench)?;
    several::measure(&mut bench)?;
    groups::measure(&mut bench)?;
    events::measure(&mut bench)?;
    memory::measure(&mut bench)?;
    Ok(bench.figures)
}

/// An operation on messages with so many bytes of data.
fn of_bytes(operation: &str, payload: usize) -> String {
    match payload {
        0 => operation.to_owned(),
        payload => format!("{operation} of {payload} bytes"),
    }
}
