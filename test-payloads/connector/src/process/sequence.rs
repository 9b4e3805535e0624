// SPDX-License-Identifier: MIT OR Apache-2.0

//! What is missing from the numbers that each CPU gives its events.

use std::collections::BTreeMap;

/// Events that did not arrive, one after the other on a CPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// The CPU they happened on.
    pub cpu: u32,
    /// The number of the first that is missing. Numbers start again behind `u32::MAX`.
    pub first: u32,
    /// How many are missing.
    pub count: u32,
}

/// For each CPU that was heard of, the number that its next event must have.
#[derive(Debug, Default)]
pub(crate) struct Sequence(BTreeMap<u32, u32>);

impl Sequence {
    /// Takes note of an event; gives what is missing before it. Of a CPU's first event nobody can
    /// say whether it was.
    pub(crate) fn observe(&mut self, cpu: u32, seq: u32) -> Option<Gap> {
        let first = self.0.insert(cpu, seq.wrapping_add(1))?;
        let count = seq.wrapping_sub(first);
        // Half the numbers ahead is behind: the kernel counts anew, and nothing can be said.
        (1..=u32::MAX / 2)
            .contains(&count)
            .then_some(Gap { cpu, first, count })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cpu_counts_for_itself() {
        let mut sequence = Sequence::default();
        for (cpu, seq) in [(0, 7), (1, 100), (0, 8), (1, 101), (0, 9)] {
            assert_eq!(sequence.observe(cpu, seq), None, "{cpu}: {seq}");
        }
        let gap = Gap {
            cpu: 1,
            first: 102,
            count: 3,
        };
        assert_eq!(sequence.observe(1, 105), Some(gap));
        assert_eq!(sequence.observe(1, 106), None);
        assert_eq!(sequence.observe(0, 10), None);
    }

    #[test]
    fn numbers_wrap() {
        let mut sequence = Sequence::default();
        assert_eq!(sequence.observe(0, u32::MAX), None);
        assert_eq!(sequence.observe(0, 0), None);
        sequence.observe(0, u32::MAX - 1);
        let gap = Gap {
            cpu: 0,
            first: u32::MAX,
            count: 2,
        };
        assert_eq!(sequence.observe(0, 1), Some(gap));
    }

    #[test]
    fn a_count_that_starts_anew_is_no_gap() {
        let mut sequence = Sequence::default();
        sequence.observe(0, 1000);
        assert_eq!(sequence.observe(0, 0), None);
        assert_eq!(sequence.observe(0, 1), None);
    }
}
