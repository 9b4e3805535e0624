// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a guest measured.

use std::fmt;
use std::str::FromStr;

use anyhow::{Context, Error, Result, bail, ensure};

use super::row::Row;
use crate::kernel::Sizes;
use crate::run::Run;

/// The step of the scenario whose tests are the figures.
pub(super) const STEP: &str = "run bench/";

/// Instructions that an operation took: each of several times, less what it takes to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cost {
    /// The median, which counts.
    pub(super) steady: i64,
    pub(super) least: i64,
    pub(super) most: i64,
}

/// All that was measured on a kernel.
#[derive(Debug, Default)]
pub(super) struct Figures {
    /// In the order of operations, then sizes.
    pub(super) costs: Vec<(Row, Cost)>,
    /// Memory that things take, in bytes.
    pub(super) bytes: Vec<(String, i64)>,
}

impl FromStr for Cost {
    type Err = Error;

    /// `steady N least N most N`.
    fn from_str(text: &str) -> Result<Self> {
        let words: Vec<_> = text.split(' ').collect();
        let ["steady", steady, "least", least, "most", most] = words[..] else {
            bail!("`{text}` is not a cost");
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
        let mut figures = Self::default();
        let paths = run.verdict.tests.iter().map(|test| test.path.as_str());
        for (name, path) in paths.filter_map(|path| Some((path.strip_prefix(STEP)?, path))) {
            let lines = run.transcripts.get(path).map_or(&[][..], Vec::as_slice);
            let [line] = lines else {
                bail!("{name} has {} figures where one was due", lines.len())
            };
            match line.strip_prefix("bytes ") {
                Some(bytes) => {
                    let bytes = bytes.parse().with_context(|| format!("{name}: {line}"))?;
                    figures.bytes.push((name.to_owned(), bytes));
                }
                None => figures.costs.push((name.parse()?, line.parse()?)),
            }
        }
        ensure!(!figures.costs.is_empty(), "the guest measured nothing");
        Ok(figures.ordered())
    }

    /// Adds how large the core is.
    pub(super) fn add_sizes(&mut self, sizes: &Sizes) -> Result<()> {
        for (name, bytes) in [
            ("text of the core", sizes.text()),
            ("data of the core", sizes.data()),
        ] {
            let bytes = i64::try_from(bytes).with_context(|| format!("{name}: too large"))?;
            self.bytes.push((name.to_owned(), bytes));
        }
        Ok(())
    }

    /// Brings the sizes of an operation together.
    fn ordered(mut self) -> Self {
        let mut operations: Vec<String> = Vec::new();
        for (row, _) in &self.costs {
            if !operations.contains(&row.operation) {
                operations.push(row.operation.clone());
            }
        }
        self.costs.sort_by_key(|(row, _)| {
            let place = operations.iter().position(|o| *o == row.operation);
            (place, row.size.clone())
        });
        self
    }

    /// The cost that counts.
    pub(super) fn steady(&self, row: &Row) -> Option<i64> {
        self.costs
            .iter()
            .find(|(other, _)| other == row)
            .map(|(_, cost)| cost.steady)
    }

    /// The bytes that a thing takes.
    pub(super) fn memory(&self, name: &str) -> Option<i64> {
        let mut all = self.bytes.iter();
        all.find(|(other, _)| other == name)
            .map(|(_, bytes)| *bytes)
    }

    /// Every place where another run of the same differs, in words.
    pub(super) fn differences(&self, other: &Self) -> Vec<String> {
        let (first, second) = (self.lines(), other.lines());
        let only = |lines: &[(String, String)], others: &[(String, String)], which: &str| {
            let missing = |name: &String| !others.iter().any(|(other, _)| other == name);
            let names = lines.iter().map(|(name, _)| name).filter(|n| missing(n));
            names.map(|name| format!("{name}: {which}")).collect()
        };
        let mut found: Vec<String> = only(&first, &second, "only in the first run");
        found.extend::<Vec<_>>(only(&second, &first, "only in the second run"));
        for (name, was) in &first {
            let is = second.iter().find(|(other, _)| other == name);
            if let Some((_, is)) = is.filter(|(_, is)| is != was) {
                found.push(format!("{name}: {was}, then {is}"));
            }
        }
        found
    }

    /// Everything by its name, as text.
    fn lines(&self) -> Vec<(String, String)> {
        let costs = self
            .costs
            .iter()
            .map(|(row, c)| (row.to_string(), c.to_string()));
        let bytes = self.bytes.iter();
        let bytes = bytes.map(|(name, bytes)| (name.clone(), format!("{bytes} bytes")));
        costs.chain(bytes).collect()
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

    /// Figures from lines `NAME: STEADY` or `NAME: N bytes`.
    pub(in crate::bench) fn figures(text: &str) -> Figures {
        let mut figures = Figures::default();
        for (name, number) in text.lines().map(|line| line.rsplit_once(": ").unwrap()) {
            if let Some(bytes) = number.strip_suffix(" bytes") {
                figures
                    .bytes
                    .push((name.to_owned(), bytes.parse().unwrap()));
                continue;
            }
            let steady = number.parse().unwrap();
            let cost = Cost {
                steady,
                least: steady,
                most: steady,
            };
            figures.costs.push((name.parse().unwrap(), cost));
        }
        figures.ordered()
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
        let names: Vec<_> = figures
            .costs
            .iter()
            .map(|(row, _)| row.to_string())
            .collect();
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
    fn each_place_where_runs_differ_is_named() {
        const TEXT: &str = "floor: 1\nadd/1 ids: 2\na socket: 30 bytes";
        let first = figures(TEXT);
        assert_eq!(first.differences(&figures(TEXT)), [""; 0]);
        let other = figures("floor: 1\nadd/1 ids: 3\na socket: 31 bytes");
        assert_eq!(
            first.differences(&other),
            [
                "add, 1 id: 2 (2 to 2), then 3 (3 to 3)",
                "a socket: 30 bytes, then 31 bytes"
            ]
        );
        let others = figures("add/1 ids: 2\na socket: 30 bytes\ndel/1 ids: 7");
        assert_eq!(
            first.differences(&others),
            [
                "floor: only in the first run",
                "del, 1 id: only in the second run"
            ]
        );
        let mut restless = figures(TEXT);
        restless.costs[1].1.most = 9;
        let found = first.differences(&restless);
        assert_eq!(found.len(), 1, "also where it does not count: {found:?}");
    }
}
