// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a guest measured.

use std::fmt;
use std::str::FromStr;

use anyhow::{Context, Error, Result, ensure};

use crate::run::Run;

/// The step of the scenario whose tests are the figures.
const STEP: &str = "run bench/";

/// An operation, and with how many of what it was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    /// For example `dispatch`.
    pub(super) operation: String,
    /// For example 16 and `ids`.
    pub(super) size: Option<(u32, String)>,
}

/// Instructions that an operation took: each of several times, less what it takes to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cost {
    /// The median, which counts.
    pub(super) steady: i64,
    pub(super) least: i64,
    pub(super) most: i64,
}

/// All that was measured on a kernel, in the order of operations, then sizes.
#[derive(Debug, Default)]
pub(super) struct Figures(pub(super) Vec<(Row, Cost)>);

impl FromStr for Row {
    type Err = Error;

    /// `OPERATION` or `OPERATION/COUNT WHAT`.
    fn from_str(text: &str) -> Result<Self> {
        let (operation, size) = match text.split_once('/') {
            None => (text, None),
            Some((operation, size)) => (operation, Some(size)),
        };
        let size = size.map(|size| {
            let (count, what) = size.split_once(' ')?;
            Some((count.parse().ok()?, what.to_owned()))
        });
        ensure!(size != Some(None), "`{text}`: not a count of something");
        Ok(Self {
            operation: operation.to_owned(),
            size: size.flatten(),
        })
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.size {
            None => f.write_str(&self.operation),
            Some((1, what)) => write!(f, "{}, 1 {}", self.operation, what.trim_end_matches('s')),
            Some((count, what)) => write!(f, "{}, {count} {what}", self.operation),
        }
    }
}

impl FromStr for Cost {
    type Err = Error;

    /// `steady N least N most N`.
    fn from_str(text: &str) -> Result<Self> {
        let words: Vec<_> = text.split(' ').collect();
        let ["steady", steady, "least", least, "most", most] = words[..] else {
            anyhow::bail!("`{text}` is not a cost");
        };
        let number = |word: &str| -> Result<i64> {
            word.parse()
                .with_context(|| format!("`{text}` is not a cost"))
        };
        Ok(Self {
            steady: number(steady)?,
            least: number(least)?,
            most: number(most)?,
        })
    }
}

impl Figures {
    /// Takes the figures from the tests of a run that passed.
    pub(super) fn of(run: &Run) -> Result<Self> {
        let paths = run.verdict.tests.iter().map(|test| test.path.as_str());
        let named = paths.filter_map(|path| Some((path.strip_prefix(STEP)?, path)));
        let rows = named.map(|(name, path)| {
            let lines = run.transcripts.get(path).map_or(&[][..], Vec::as_slice);
            let [line] = lines else {
                anyhow::bail!("{name} has {} costs where one was due", lines.len())
            };
            Ok((name.parse()?, line.parse()?))
        });
        let figures = Self(rows.collect::<Result<_>>()?);
        ensure!(!figures.0.is_empty(), "the guest measured nothing");
        Ok(figures.ordered())
    }

    /// Brings the sizes of an operation together.
    fn ordered(mut self) -> Self {
        let mut operations: Vec<String> = Vec::new();
        for (row, _) in &self.0 {
            if !operations.contains(&row.operation) {
                operations.push(row.operation.clone());
            }
        }
        self.0.sort_by_key(|(row, _)| {
            let place = operations.iter().position(|o| *o == row.operation);
            (place, row.size.clone())
        });
        self
    }

    /// The cost that counts.
    pub(super) fn steady(&self, row: &Row) -> Option<i64> {
        self.0
            .iter()
            .find(|(other, _)| other == row)
            .map(|(_, cost)| cost.steady)
    }

    /// The first place where another run of the same differs, in words.
    pub(super) fn difference(&self, other: &Self) -> Option<String> {
        if self.0.len() != other.0.len() {
            let counts = (self.0.len(), other.0.len());
            return Some(format!("{} figures, then {}", counts.0, counts.1));
        }
        let mut pairs = self.0.iter().zip(&other.0);
        pairs.find(|(first, second)| first != second).map(
            |((row, cost), (other_row, other_cost))| {
                format!("{row}: {cost}, then {other_row}: {other_cost}")
            },
        )
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} to {})", self.steady, self.least, self.most)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Figures from lines `NAME: STEADY`.
    pub(in crate::bench) fn figures(text: &str) -> Figures {
        let rows = text.lines().map(|line| {
            let (name, steady) = line.rsplit_once(": ").unwrap();
            let steady = steady.parse().unwrap();
            let cost = Cost {
                steady,
                least: steady,
                most: steady,
            };
            (name.parse().unwrap(), cost)
        });
        Figures(rows.collect()).ordered()
    }

    #[test]
    fn a_row_is_an_operation_with_or_without_a_size() {
        let row: Row = "multicast/8 listeners".parse().unwrap();
        assert_eq!(row.size, Some((8, "listeners".to_owned())));
        assert_eq!(row.to_string(), "multicast, 8 listeners");
        assert_eq!("bare echo".parse::<Row>().unwrap().size, None);
        for wrong in ["add/ids", "add/many ids", "add/"] {
            let error = wrong.parse::<Row>().unwrap_err().to_string();
            assert!(error.contains("not a count"), "{error}");
        }
    }

    #[test]
    fn a_cost_is_three_numbers() {
        let cost: Cost = "steady 2 least 1 most 3".parse().unwrap();
        assert_eq!((cost.steady, cost.least, cost.most), (2, 1, 3));
        for wrong in [
            "",
            "steady 2",
            "steady x least 1 most 3",
            "least 2 steady 1 most 3",
        ] {
            assert!(wrong.parse::<Cost>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes_of_an_operation_come_together_and_count_up() {
        let figures = figures("floor: 1\nadd/16 ids: 2\ndel/16 ids: 3\nadd/1 ids: 4\ndel/1 ids: 5");
        let names: Vec<_> = figures.0.iter().map(|(row, _)| row.to_string()).collect();
        assert_eq!(
            names,
            [
                "floor",
                "add, 1 id",
                "add, 16 ids",
                "del, 1 id",
                "del, 16 ids"
            ]
        );
    }

    #[test]
    fn runs_that_differ_are_told_apart_at_the_first_place() {
        let first = figures("floor: 1\nadd/1 ids: 2");
        assert_eq!(first.difference(&figures("floor: 1\nadd/1 ids: 2")), None);
        let other = figures("floor: 1\nadd/1 ids: 3");
        assert_eq!(
            first.difference(&other).unwrap(),
            "add, 1 id: 2 (2 to 2), then add, 1 id: 3 (3 to 3)"
        );
        let fewer = figures("floor: 1");
        assert_eq!(first.difference(&fewer).unwrap(), "2 figures, then 1");
        let mut restless = figures("floor: 1\nadd/1 ids: 2");
        restless.0[1].1.most = 9;
        assert!(
            first.difference(&restless).is_some(),
            "also where it does not count"
        );
    }
}
