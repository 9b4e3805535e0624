// SPDX-License-Identifier: MIT OR Apache-2.0

//! Several measurements of one thing.

use std::fmt;

/// What an operation cost each time, sorted.
pub(crate) struct Samples(Vec<u64>);

impl Samples {
    /// One or more costs, in any order.
    pub(crate) fn of(mut costs: Vec<u64>) -> Self {
        costs.sort_unstable();
        Self(costs)
    }

    /// The same, less what it costs to measure.
    pub(crate) fn without(self, overhead: u64) -> Self {
        Self(
            self.0
                .into_iter()
                .map(|c| c.saturating_sub(overhead))
                .collect(),
        )
    }

    /// The middle one: now and then an operation is interrupted by the timer, or is the one that
    /// has to fetch new memory for all that follow.
    pub(crate) fn steady(&self) -> u64 {
        self.0.get(self.0.len() / 2).copied().unwrap_or_default()
    }
}

impl fmt::Display for Samples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let least = self.0.first().copied().unwrap_or_default();
        let most = self.0.last().copied().unwrap_or_default();
        write!(f, "steady {} least {least} most {most}", self.steady())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_counts_less_what_measuring_costs() {
        let samples = Samples::of(vec![900, 12, 11, 12, 10]).without(4);
        assert_eq!(samples.steady(), 8);
        assert_eq!(samples.to_string(), "steady 8 least 6 most 896");
    }
}
