// SPDX-License-Identifier: MIT OR Apache-2.0

//! What is reported: a name, and what was measured.

use std::fmt::{self, Write};

use crate::samples::Samples;

/// An operation or a thing, and what was measured of it.
pub(crate) struct Figure {
    /// `OPERATION` or `OPERATION/COUNT WHAT`.
    name: String,
    measured: Measured,
}

enum Measured {
    /// In steps of the counter.
    Cost(Samples),
    /// Memory.
    Bytes(u64),
    /// Messages a second.
    Rate(u64),
}

impl Figure {
    /// What an operation cost each time.
    pub(crate) fn cost(name: impl Into<String>, samples: Samples) -> Self {
        Self {
            name: name.into(),
            measured: Measured::Cost(samples),
        }
    }

    /// How much memory a thing takes.
    pub(crate) fn bytes(name: impl Into<String>, bytes: u64) -> Self {
        Self {
            name: name.into(),
            measured: Measured::Bytes(bytes),
        }
    }

    /// How often a second something is done.
    pub(crate) fn rate(name: impl Into<String>, rate: u64) -> Self {
        Self {
            name: name.into(),
            measured: Measured::Rate(rate),
        }
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cost(samples) => samples.fmt(f),
            Self::Bytes(bytes) => write!(f, "bytes {bytes}"),
            Self::Rate(rate) => write!(f, "rate {rate}"),
        }
    }
}

/// Each figure as a test that passed, with what was measured as its transcript.
pub(crate) fn ktap(figures: &[Figure]) -> String {
    let mut text = format!("KTAP version 1\n1..{}\n", figures.len());
    for (number, Figure { name, measured }) in (1..).zip(figures) {
        // A string takes everything.
        let _ = write!(text, "# > {measured}\nok {number} {name}\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_the_transcript_of_a_test() {
        let cost = |name: &str, costs: [u64; 3]| Figure::cost(name, Samples::of(costs.to_vec()));
        assert_eq!(
            ktap(&[
                cost("floor", [7, 5, 6]),
                cost("add/16 ids", [1, 1, 1]),
                Figure::bytes("a socket", 9),
            ]),
            "KTAP version 1\n1..3\n# > steady 6 least 5 most 7\nok 1 floor\n\
             # > steady 1 least 1 most 1\nok 2 add/16 ids\n# > bytes 9\nok 3 a socket\n"
        );
    }
}
