// SPDX-License-Identifier: MIT OR Apache-2.0

//! `bench`: measures what the operations of the connector cost, in steps of the processor's
//! counter, and how much memory some things take, and reports each as a test in KTAP: its name is
//! `OPERATION` or `OPERATION/COUNT WHAT`, its transcript says what was measured. Needs
//! `cn_bench.ko`, whose documentation says what it does.
//!
//! Where the counter counts instructions (QEMU with `-icount shift=0`), the figures are
//! instructions, and they repeat. Elsewhere the calibration fails, and nothing is measured.

mod bench;
mod counter;
mod driver;
mod figure;
mod genl;
mod marker;
mod netlink;
mod operations;
mod samples;

use std::env;
use std::process::ExitCode;

/// The variable that names the operation to tell a watcher of the processor of.
const WATCHED: &str = "CN_FILTER";

fn main() -> ExitCode {
    match operations::measure_all(env::var(WATCHED).ok()) {
        // All at once, for whoever reads this would run between two measurements.
        Ok(figures) => {
            print!("{}", figure::ktap(&figures));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
