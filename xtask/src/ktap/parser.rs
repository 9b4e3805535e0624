// SPDX-License-Identifier: MIT OR Apache-2.0

//! Reads KTAP line by line, as it comes.

use initramfs::{END_OF_RESULTS, TRANSCRIPT};

use super::{Outcome, Results, Suite, Test};

/// A level under way.
#[derive(Debug, Default)]
struct Level {
    suite: Suite,
    /// The level below that ended last, until the test it belongs to reports.
    below: Option<Suite>,
    diagnostics: Vec<String>,
    transcript: Vec<String>,
}

/// Reads results line by line.
#[derive(Debug, Default)]
pub(crate) struct Parser {
    /// From the outermost to the innermost that is open.
    open: Vec<Level>,
    /// True when the outermost level has had its version line.
    begun: bool,
    done: bool,
}

impl Parser {
    /// Takes a line; returns the test that it reports.
    pub(crate) fn push(&mut self, line: &str) -> Option<&Test> {
        let text = line.trim_start_matches(' ');
        let depth = (line.len() - text.len()) / 2;
        if text.starts_with("KTAP version") || text.starts_with("TAP version") {
            if depth == 0 && std::mem::replace(&mut self.begun, true) {
                // What the first one reported must not be forgotten for it.
                self.level(0).problem("a second document began".into());
                return None;
            }
            self.close_to(depth);
            self.open.push(Level::default());
            return None;
        }
        if depth == 0 && text == END_OF_RESULTS {
            self.done = true;
            return None;
        }
        if let Some(plan) = plan(text) {
            self.level(depth).plan(plan);
        } else if let Some((passed, rest)) = result(text) {
            let level = self.level(depth);
            level.report(passed, rest);
            return level.suite.tests.last();
        } else if let Some(text) = text.strip_prefix(TRANSCRIPT) {
            self.open_at(depth).transcript.push(text.to_owned());
        } else {
            let text = text.strip_prefix('#').map_or(text, str::trim_start);
            self.open_at(depth).diagnostics.push(text.to_owned());
        }
        None
    }

    /// Ends the reading. `cut` is a last line without its end.
    pub(crate) fn finish(mut self, cut: Option<String>) -> Results {
        self.close_to(1);
        let steps = self.open.pop().map(Level::close).unwrap_or_default();
        Results {
            steps,
            done: self.done,
            cut,
        }
    }

    /// The level at `depth`; those below it are closed. A depth that no version line opened is
    /// taken for the innermost level, whose counting then shows what is wrong.
    fn level(&mut self, depth: usize) -> &mut Level {
        self.close_to(depth + 1);
        self.open_at(depth)
    }

    /// The level at `depth`, else the innermost. Those below it stay open, for a comment from
    /// above (a program's complaint) may fall between two results.
    fn open_at(&mut self, depth: usize) -> &mut Level {
        if self.open.is_empty() {
            self.open.push(Level::default());
        }
        let innermost = self.open.len() - 1;
        &mut self.open[depth.min(innermost)]
    }

    fn close_to(&mut self, levels: usize) {
        while self.open.len() > levels
            && let Some(closed) = self.open.pop()
            && let Some(above) = self.open.last_mut()
        {
            if above.below.is_some() {
                above.problem("two documents came for one test".into());
            }
            above.below = Some(closed.close());
        }
    }
}

impl Level {
    fn plan(&mut self, plan: usize) {
        if self.suite.plan.is_some() {
            self.problem("a second plan came".to_owned());
        } else if !self.suite.tests.is_empty() {
            self.problem("the plan came after a result".to_owned());
        }
        self.suite.plan = Some(plan);
    }

    fn report(&mut self, passed: bool, rest: &str) {
        let (number, name) = rest.split_once(' ').unwrap_or((rest, ""));
        let wanted = self.suite.tests.len() + 1;
        if number.parse() != Ok(wanted) {
            self.problem(format!("result {number} came where {wanted} was due"));
        }
        let (name, directive) = name.split_once(" # ").unwrap_or((name, ""));
        let name = name.trim_start_matches("- ");
        if self.suite.tests.iter().any(|test| test.name == name) {
            self.problem(format!("{name} reported twice"));
        }
        let skipped = directive.to_ascii_uppercase().starts_with("SKIP");
        self.suite.tests.push(Test {
            name: name.to_owned(),
            outcome: match (passed, skipped) {
                (false, _) => Outcome::Failed,
                (true, true) => Outcome::Skipped,
                (true, false) => Outcome::Passed,
            },
            diagnostics: std::mem::take(&mut self.diagnostics),
            transcript: std::mem::take(&mut self.transcript),
            inner: self.below.take(),
        });
    }

    fn problem(&mut self, text: String) {
        self.suite.problems.push(text);
    }

    fn close(mut self) -> Suite {
        self.suite.unfinished = self.below.map(Box::new);
        self.suite
    }
}

fn plan(text: &str) -> Option<usize> {
    let count = text.strip_prefix("1..")?;
    // A directive may follow, as in `1..0 # SKIP`.
    count.split(' ').next()?.parse().ok()
}

fn result(text: &str) -> Option<(bool, &str)> {
    let failed = text.strip_prefix("not ok ").map(|rest| (false, rest));
    failed.or_else(|| text.strip_prefix("ok ").map(|rest| (true, rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Results {
        let mut parser = Parser::default();
        for line in text.lines() {
            parser.push(line);
        }
        parser.finish(None)
    }

    const GOOD: &str = "\
KTAP version 1
1..3
ok 1 load a.ko
  KTAP version 1
  1..2
  # > sent 20
  # note
  ok 1 - round_trip
  # from standard error
    KTAP version 1
    1..1
    ok 1 deep # SKIP not here
  ok 2 groups
# exit status 1
not ok 2 run probes all
  # free text
ok 3 exec ucon
# done
";

    #[test]
    fn levels_results_and_comments_find_their_tests() {
        let results = parse(GOOD);
        assert!(results.done);
        assert_eq!(results.steps.miscounts("steps", false), [""; 0]);
        let [load, run, exec] = &results.steps.tests[..] else {
            panic!("{results:?}")
        };
        assert_eq!(
            (load.name.as_str(), load.outcome),
            ("load a.ko", Outcome::Passed)
        );
        assert_eq!(
            (run.outcome, &run.diagnostics[..]),
            (Outcome::Failed, &["exit status 1".to_owned()][..])
        );
        assert_eq!(exec.diagnostics, ["free text"]);
        let mut leaves = Vec::new();
        run.leaves("", &mut leaves);
        let paths: Vec<_> = leaves.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(
            paths,
            ["run probes all/round_trip", "run probes all/groups/deep"]
        );
        assert_eq!(leaves[0].1.transcript, ["sent 20"]);
        assert_eq!(leaves[0].1.diagnostics, ["note"]);
        assert_eq!(leaves[1].1.outcome, Outcome::Skipped);
    }

    #[test]
    fn whatever_line_is_lost_is_noticed() {
        // A comment carries no count.
        let counts = |line: &str| !line.trim_start().starts_with("# ") || line == END_OF_RESULTS;
        for lost in (0..GOOD.lines().count()).filter(|&n| GOOD.lines().nth(n).is_some_and(counts)) {
            let kept: Vec<_> = GOOD
                .lines()
                .enumerate()
                .filter(|(n, _)| *n != lost)
                .collect();
            let text: String = kept.iter().map(|(_, line)| format!("{line}\n")).collect();
            let results = parse(&text);
            let first_header = lost == 0;
            assert!(
                first_header || !results.done || !results.steps.miscounts("", false).is_empty(),
                "nobody misses line {lost}:\n{text}"
            );
        }
    }

    #[test]
    fn what_does_not_add_up_is_told() {
        for (text, complaint) in [
            ("KTAP version 1\nok 1 a\n", "no plan came; 1 tests reported"),
            ("KTAP version 1\n1..0\n", "no test is planned"),
            (
                "KTAP version 1\n1..2\nok 1 a\n",
                "2 tests are planned, 1 reported; the last to report: a",
            ),
            (
                "KTAP version 1\n1..1\nok 1 a\nok 2 b\n",
                "1 tests are planned, 2 reported",
            ),
            (
                "KTAP version 1\n1..2\nok 2 a\nok 1 b\n",
                "result 2 came where 1 was due",
            ),
            (
                "KTAP version 1\n1..1\n1..2\nok 1 a\nok 2 b\n",
                "a second plan came",
            ),
            (
                "KTAP version 1\nok 1 a\n1..1\n",
                "the plan came after a result",
            ),
            (
                "KTAP version 1\n1..1\n  KTAP version 1\n  ok 1 b\nok 1 a\n",
                "a: no plan came",
            ),
            (
                "KTAP version 1\n1..1\n  KTAP version 1\n  1..2\n  ok 1 b\n",
                "the test under way: 2 tests",
            ),
            (
                "KTAP version 1\n1..2\nok 1 a\nok 2 - a\n",
                "a reported twice",
            ),
            (
                "KTAP version 1\n1..1\nnot ok 1 a\nKTAP version 1\n1..1\nok 1 b\n",
                "a second document began",
            ),
            (
                "KTAP version 1\n1..1\n  KTAP version 1\n  1..1\n  not ok 1 b\n  \
                 KTAP version 1\n  1..1\n  ok 1 c\nok 1 a\n",
                "two documents came for one test",
            ),
            ("", "no plan came; 0 tests reported"),
        ] {
            let told = parse(text).steps.miscounts("steps", false).join("\n");
            assert!(told.contains(complaint), "{text}\n{told}");
        }
    }

    #[test]
    fn an_empty_plan_adds_up_under_a_filter() {
        let results = parse("KTAP version 1\n1..1\n  KTAP version 1\n  1..0\nok 1 a\n");
        assert_eq!(results.steps.miscounts("steps", true), [""; 0]);
        assert_eq!(
            results.steps.miscounts("steps", false),
            ["a: no test is planned"]
        );
    }
}
