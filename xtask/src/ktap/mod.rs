// SPDX-License-Identifier: MIT OR Apache-2.0

//! KTAP, as `Documentation/dev-tools/ktap.rst` of the kernel describes it: forgiving in form,
//! strict in counting.

mod parser;

pub(crate) use parser::Parser;

/// The tests of one level.
#[derive(Debug, Default)]
pub(crate) struct Suite {
    /// How many tests it said it would run.
    pub(crate) plan: Option<usize>,
    /// Those that reported, in order.
    pub(crate) tests: Vec<Test>,
    /// What had been reported below a test that never reported itself.
    pub(crate) unfinished: Option<Box<Suite>>,
    /// Lines against the rules of counting, in words.
    problems: Vec<String>,
}

/// A test that reported.
#[derive(Debug)]
pub(crate) struct Test {
    /// Its description, without number and directive.
    pub(crate) name: String,
    /// What it reported.
    pub(crate) outcome: Outcome,
    /// Its diagnostic lines and other output, in order, without the leading `# `.
    pub(crate) diagnostics: Vec<String>,
    /// Its `# > ` lines, without that.
    pub(crate) transcript: Vec<String>,
    /// The level below, when there was one.
    pub(crate) inner: Option<Suite>,
}

/// What a test reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// `ok`.
    Passed,
    /// `not ok`.
    Failed,
    /// `ok … # SKIP`: it did not run, so it did not pass.
    Skipped,
}

/// The results of a guest.
#[derive(Debug, Default)]
pub(crate) struct Results {
    /// The top level: one test for each step of the plan.
    pub(crate) steps: Suite,
    /// Whether the guest said that it carried out every step.
    pub(crate) done: bool,
    /// A last line without its end.
    pub(crate) cut: Option<String>,
}

impl Suite {
    /// All that does not add up, on this level and below; each in words that name the place.
    /// An empty plan adds up only where `may_be_empty` (a filter may leave out every test).
    pub(crate) fn miscounts(&self, place: &str, may_be_empty: bool) -> Vec<String> {
        let told = self.problems.iter().map(|p| format!("{place}: {p}"));
        let counted = self.count(may_be_empty).map(|p| format!("{place}: {p}"));
        let below = self.tests.iter().filter_map(|test| {
            let suite = test.inner.as_ref()?;
            Some(suite.miscounts(&test.name, may_be_empty))
        });
        let unfinished = self
            .unfinished
            .iter()
            .map(|suite| suite.miscounts("the test under way", may_be_empty));
        told.chain(counted)
            .chain(below.chain(unfinished).flatten())
            .collect()
    }

    fn count(&self, may_be_empty: bool) -> Option<String> {
        let reported = self.tests.len();
        match self.plan {
            None => Some(format!("no plan came; {reported} tests reported")),
            Some(0) if reported == 0 && !may_be_empty => Some("no test is planned".to_owned()),
            Some(plan) if plan != reported => {
                let last = self.tests.last().map_or("none", |test| test.name.as_str());
                Some(format!(
                    "{plan} tests are planned, {reported} reported; the last to report: {last}"
                ))
            }
            Some(_) => None,
        }
    }
}

impl Test {
    /// Every test without a level below, with its path: names joined by `/`.
    pub(crate) fn leaves<'a>(&'a self, above: &str, found: &mut Vec<(String, &'a Test)>) {
        let path = match above {
            "" => self.name.clone(),
            above => format!("{above}/{}", self.name),
        };
        match &self.inner {
            None => found.push((path, self)),
            Some(suite) => suite
                .tests
                .iter()
                .for_each(|test| test.leaves(&path, found)),
        }
    }
}
