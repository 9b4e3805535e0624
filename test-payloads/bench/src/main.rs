// SPDX-License-Identifier: MIT OR Apache-2.0

//! `bench`: measures what the operations of the connector cost, in steps of the processor's
//! counter, and reports each as a test in KTAP: its name is `OPERATION` or `OPERATION/N-WHAT`, its
//! transcript says what it cost. Needs `cn_bench.ko`, whose documentation says what it does.
//!
//! Where the counter counts instructions (QEMU with `-icount shift=0`), the figures are
//! instructions, and they repeat. Elsewhere the calibration fails, and nothing is measured.

mod counter;
mod driver;
mod netlink;
mod operations;
mod samples;

use std::fmt::Write;
use std::process::ExitCode;

use crate::samples::Samples;

/// What an operation is called, and what it cost.
struct Figure {
    name: String,
    samples: Samples,
}

fn main() -> ExitCode {
    match operations::measure_all() {
        // All at once, for whoever reads this would run between two measurements.
        Ok(figures) => {
            print!("{}", ktap(&figures));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn ktap(figures: &[Figure]) -> String {
    let mut text = format!("KTAP version 1\n1..{}\n", figures.len());
    for (number, Figure { name, samples }) in (1..).zip(figures) {
        // A string takes everything.
        let _ = write!(text, "# > {samples}\nok {number} {name}\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_the_transcript_of_a_test() {
        let figure = |name: &str, costs: [u64; 3]| Figure {
            name: name.to_owned(),
            samples: Samples::of(costs.to_vec()),
        };
        assert_eq!(
            ktap(&[figure("floor", [7, 5, 6]), figure("add/16-ids", [1, 1, 1])]),
            "KTAP version 1\n1..2\n# > steady 6 least 5 most 7\nok 1 floor\n\
             # > steady 1 least 1 most 1\nok 2 add/16-ids\n"
        );
    }
}
