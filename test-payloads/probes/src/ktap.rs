// SPDX-License-Identifier: MIT OR Apache-2.0

//! Runs the tests of a group and reports them as KTAP.

use std::io::{self, Write};
use std::str::FromStr;

use anyhow::{Context, Result};
use regex_lite::Regex;

/// A promise about the connector, and what checks it.
pub(crate) struct Test {
    /// The promise in a few words, joined by hyphens.
    name: &'static str,
    /// Fails with what was seen and what was to be seen.
    run: fn(&mut Transcript) -> Result<()>,
}

impl Test {
    /// A test of that name.
    pub(crate) const fn new(name: &'static str, run: fn(&mut Transcript) -> Result<()>) -> Self {
        Self { name, run }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }
}

/// Tests that share what must be loaded before them.
pub(crate) struct Group {
    pub(crate) name: &'static str,
    pub(crate) tests: &'static [Test],
}

/// What a test observed, to be compared between kernels: nothing that may differ from run to run.
#[derive(Default)]
pub(crate) struct Transcript(Vec<String>);

impl Transcript {
    /// Adds a line.
    pub(crate) fn note(&mut self, line: impl Into<String>) {
        self.0.push(line.into());
    }
}

/// Which tests are to run: those whose `group/test` the expression in `CN_FILTER` matches, or all.
pub(crate) fn filter() -> Result<Option<Regex>> {
    wish("CN_FILTER")
}

/// In which order they are to run: one that follows from the number in `CN_SEED`, or their own.
pub(crate) fn seed() -> Result<Option<u64>> {
    wish("CN_SEED")
}

/// What the user wants, by the variable that says so.
fn wish<T>(variable: &str) -> Result<Option<T>>
where
    T: FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    match std::env::var(variable) {
        Ok(text) if !text.is_empty() => text
            .parse()
            .with_context(|| format!("{variable} cannot be {text}"))
            .map(Some),
        _ => Ok(None),
    }
}

impl Group {
    /// The tests that `filter` selects.
    pub(crate) fn selected(&self, filter: Option<&Regex>) -> Vec<&'static Test> {
        let wanted = |test: &&Test| {
            filter.is_none_or(|regex| regex.is_match(&format!("{}/{}", self.name, test.name)))
        };
        self.tests.iter().filter(wanted).collect()
    }

    /// Plans and runs the selected tests, in the order of `seed`; true if all passed.
    pub(crate) fn run(&self, filter: Option<&Regex>, seed: Option<u64>) -> Result<bool> {
        let mut tests = self.selected(filter);
        shuffle(&mut tests, seed);
        let mut out = io::stdout().lock();
        writeln!(out, "KTAP version 1\n1..{}", tests.len())?;
        let mut passed = true;
        for (test, number) in tests.into_iter().zip(1..) {
            passed &= report(&mut out, number, test)?;
        }
        Ok(passed)
    }
}

/// Brings the tests into the order of `seed`, if there is one.
fn shuffle<T>(tests: &mut [T], seed: Option<u64>) {
    if let Some(seed) = seed {
        fastrand::Rng::with_seed(seed).shuffle(tests);
    }
}

/// Runs one test: its transcript as `# > ` lines, why it failed as `# ` lines, then its result.
fn report(out: &mut impl Write, number: usize, test: &Test) -> io::Result<bool> {
    let mut transcript = Transcript::default();
    let outcome = (test.run)(&mut transcript);
    for line in &transcript.0 {
        writeln!(out, "# > {line}")?;
    }
    let verdict = match &outcome {
        Ok(()) => "ok",
        Err(error) => {
            for line in format!("{error:#}").lines() {
                writeln!(out, "# {line}")?;
            }
            "not ok"
        }
    };
    writeln!(out, "{verdict} {number} {}", test.name)?;
    out.flush()?;
    Ok(outcome.is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUP: Group = Group {
        name: "sample",
        tests: &[
            Test::new("good", |transcript| {
                transcript.note("seen");
                Ok(())
            }),
            Test::new("bad", |_| Err(anyhow::anyhow!("two\nlines"))),
        ],
    };

    #[test]
    fn a_result_follows_its_reasons() {
        let mut out = Vec::new();
        assert!(report(&mut out, 1, &GROUP.tests[0]).unwrap());
        assert!(!report(&mut out, 2, &GROUP.tests[1]).unwrap());
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "# > seen\nok 1 good\n# two\n# lines\nnot ok 2 bad\n"
        );
    }

    #[test]
    fn an_order_follows_from_its_seed() {
        let order = |seed| {
            let mut tests: Vec<u32> = (0..20).collect();
            shuffle(&mut tests, seed);
            tests
        };
        let own: Vec<u32> = (0..20).collect();
        assert_eq!(order(None), own);
        assert_eq!(order(Some(1)), order(Some(1)));
        assert_ne!(order(Some(1)), order(Some(2)));
        let mut all = order(Some(3));
        all.sort_unstable();
        assert_eq!(all, own);
    }

    #[test]
    fn a_filter_sees_group_and_test() {
        let names = |filter: &str| -> Vec<_> {
            let filter = Regex::new(filter).unwrap();
            let tests = GROUP.selected(Some(&filter));
            tests.iter().map(|test| test.name).collect()
        };
        assert_eq!(names("sample/b"), ["bad"]);
        assert_eq!(names("^sample"), ["good", "bad"]);
        assert!(names("other").is_empty());
    }
}
