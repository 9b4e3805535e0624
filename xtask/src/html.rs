// SPDX-License-Identifier: MIT OR Apache-2.0

//! The runs as a page for people: one file, which needs neither a server nor anything beside it.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::run::Run;
use crate::transcript::Difference;
use crate::verdict::{Reason, State, Tested};

/// How many of the last lines of a kernel log are shown where no line stands out.
const TAIL: usize = 60;

const STYLE: &str = include_str!("html.css");

/// What the runs were made with.
pub(crate) struct Made<'a> {
    /// What ran them.
    pub(crate) machine: &'a str,
    /// The commit of this project.
    pub(crate) commit: &'a str,
}

/// Writes the page of `runs` to `path`.
pub(crate) fn write(
    path: &Path,
    made: &Made,
    runs: &[Run],
    differences: &[Difference],
) -> Result<()> {
    std::fs::write(path, page(made, runs, differences))
        .with_context(|| format!("cannot write {}", path.display()))
}

fn page(made: &Made, runs: &[Run], differences: &[Difference]) -> String {
    let failed = runs.iter().filter(|run| !run.passed()).count();
    let (class, verdict) = match (failed, differences.len()) {
        (0, 0) => ("passed", "all runs passed".to_owned()),
        (0, count) => ("failed", format!("{count} transcripts differ")),
        (count, _) => ("failed", format!("{count} of {} runs failed", runs.len())),
    };
    let mut text = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>qemu-test: {verdict}</title>\n<style>\n{STYLE}</style></head><body>\n\
         <h1 class=\"{class}\">{verdict}</h1>\n<p>{}</p>\n",
        escaped(made.machine)
    );
    text += &overview(runs);
    for difference in differences {
        let _ = writeln!(
            text,
            "<h2 class=\"failed\">{}</h2>",
            escaped(&difference.what)
        );
        text += &excerpt(&difference.excerpt);
    }
    runs.iter().for_each(|run| text += &details(run));
    text + &versions(made, runs) + "</body></html>\n"
}

/// A line for each run, which leads to it.
fn overview(runs: &[Run]) -> String {
    let mut text = "<table><tr><th>run<th>tests<th>time<th>verdict</tr>\n".to_owned();
    for run in runs {
        let name = run.job.name();
        let _ = writeln!(
            text,
            "<tr class=\"{}\"><td><a href=\"#{}\">{}</a><td>{}<td>{}<td>{}</tr>",
            class(run),
            anchor(&name),
            escaped(&name),
            run.verdict.tests.len(),
            seconds(run.elapsed),
            run.outcome()
        );
    }
    text + "</table>\n"
}

/// A run: why it failed, its tests, and the end of its log. One that failed is unfolded.
fn details(run: &Run) -> String {
    let name = run.job.name();
    let open = if run.passed() { "" } else { " open" };
    let mut text = format!(
        "<details id=\"{}\"{open}><summary class=\"{}\">{}: {}, {}</summary>\n<p>{}</p>\n",
        anchor(&name),
        class(run),
        escaped(&name),
        run.outcome(),
        seconds(run.elapsed),
        escaped(&run.job.scenario.about)
    );
    for Reason {
        what,
        excerpt: shown,
    } in &run.verdict.reasons
    {
        let _ = writeln!(text, "<p class=\"failed\">{}</p>", escaped(what));
        text += &excerpt(shown);
    }
    text += "<table><tr><th>test<th>after<th>verdict</tr>\n";
    let times = times(&run.verdict.tests, &run.reported);
    for (test, at) in run.verdict.tests.iter().zip(times) {
        text += &row(test, at);
    }
    text += "</table>\n";
    let log = std::fs::read_to_string(run.job.log()).unwrap_or_default();
    let lines: Vec<_> = log.lines().map(str::to_owned).collect();
    let _ = writeln!(
        text,
        "<p>The end of the kernel log, {} lines in all:</p>",
        lines.len()
    );
    text += &excerpt(&lines[lines.len().saturating_sub(TAIL)..]);
    text + "</details>\n"
}

/// When each of the tests reported, which they did in their order; some never did.
fn times(tests: &[Tested], mut reported: &[(String, Duration)]) -> Vec<Option<Duration>> {
    let mut time = |test: &Tested| {
        let leaf = test.path.rsplit('/').next().unwrap_or_default();
        let place = reported.iter().position(|(name, _)| name == leaf)?;
        let (_, at) = reported[place];
        reported = &reported[place + 1..];
        Some(at)
    };
    tests.iter().map(&mut time).collect()
}

fn row(test: &Tested, at: Option<Duration>) -> String {
    let (class, verdict) = match &test.state {
        State::Passed => ("passed", "passed".to_owned()),
        State::Failed => ("failed", "FAILED".to_owned()),
        State::Skipped => ("skipped", "skipped".to_owned()),
        State::FailedAsExpected(why) => ("passed", format!("failed as expected: {why}")),
        State::PassedUnexpectedly(why) => ("failed", format!("PASSED, but was to fail: {why}")),
    };
    let said = match (&test.state, test.diagnostics.is_empty()) {
        (State::Passed, _) | (_, true) => String::new(),
        _ => excerpt(&test.diagnostics),
    };
    format!(
        "<tr class=\"{class}\"><td>{}{said}<td>{}<td>{}</tr>\n",
        escaped(&test.path),
        at.map(seconds).unwrap_or_default(),
        escaped(&verdict)
    )
}

/// Which project this is, and what each kernel was made of, as it is noted beside it.
fn versions(made: &Made, runs: &[Run]) -> String {
    let kernels: BTreeMap<_, _> = runs
        .iter()
        .map(|run| (&run.job.kernel.flavor, run.job.kernel))
        .collect();
    let commit = escaped(made.commit);
    let mut text = format!("<h2>Versions</h2>\n<p>This project: {commit}</p>\n");
    for (flavor, kernel) in kernels {
        let info = std::fs::read_to_string(kernel.dir.join("info")).unwrap_or_default();
        let key = kernel
            .key
            .as_deref()
            .unwrap_or("built from what is not exported");
        let _ = writeln!(
            text,
            "<details><summary>{}: {}</summary><pre>{}</pre></details>",
            escaped(flavor),
            escaped(key),
            escaped(&info)
        );
    }
    text
}

fn class(run: &Run) -> &'static str {
    if run.passed() { "passed" } else { "failed" }
}

/// Lines as they were said; nothing where there are none.
fn excerpt(lines: &[String]) -> String {
    if lines.is_empty() {
        return String::new();
    }
    format!("<pre>{}</pre>\n", escaped(&lines.join("\n")))
}

fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}

/// A name as part of a link.
fn anchor(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    name.chars().map(plain).collect()
}

/// Text as HTML shows it, also what a log has that is no text.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(c),
            c if c.is_control() => escaped.push(char::REPLACEMENT_CHARACTER),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_guest_says_is_text_and_not_markup() {
        let test = Tested {
            path: "run probes/<script>".to_owned(),
            state: State::Failed,
            diagnostics: vec!["saw \"a\" & \u{1b}[31m".to_owned()],
        };
        let row = row(&test, Some(Duration::from_millis(1500)));
        assert!(
            row.contains("&lt;script&gt;") && !row.contains("<script>"),
            "{row}"
        );
        assert!(row.contains("&quot;a&quot; &amp; \u{fffd}[31m"), "{row}");
        assert!(row.contains("1.50 s") && row.contains("FAILED"), "{row}");
    }

    #[test]
    fn a_test_that_never_reported_takes_no_time_from_those_after_it() {
        let test = |path: &str| Tested {
            path: path.to_owned(),
            state: State::Passed,
            diagnostics: Vec::new(),
        };
        let tests = ["a/same", "a/lost", "b/same"].map(test);
        let at = Duration::from_secs;
        let reported = [("same".to_owned(), at(1)), ("same".to_owned(), at(2))];
        assert_eq!(times(&tests, &reported), [Some(at(1)), None, Some(at(2))]);
    }

    #[test]
    fn without_lines_there_is_no_empty_box() {
        assert_eq!(excerpt(&[]), "");
        assert_eq!(excerpt(&["a".to_owned()]), "<pre>a</pre>\n");
    }

    #[test]
    fn the_page_of_nothing_needs_nothing_from_elsewhere() {
        let made = Made {
            machine: "QEMU; TCG",
            commit: "0123abc",
        };
        let page = page(&made, &[], &[]);
        assert!(page.contains("all runs passed"), "{page}");
        assert!(page.contains("This project: 0123abc"), "{page}");
        assert!(!page.contains("http") && !page.contains("src="), "{page}");
    }
}
