// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a file wants of the compiler, and whether it got that.

use std::collections::BTreeSet;

use anyhow::{Context, Result};

use super::said::Complaint;

/// What stands before a mark.
const MARK: &str = "//~";

/// A line that must be refused, and with which error.
pub(super) type Mark = (usize, String);

/// What came of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    /// Without `.rs`.
    pub(super) name: String,
    /// In a line.
    pub(super) what: String,
    /// What should be otherwise.
    pub(super) wrong: Vec<String>,
}

/// Reads the marks of a file: `//~ CODE`, with a `^` for each line that the marked one is above.
pub(super) fn marks(text: &str) -> Result<BTreeSet<Mark>> {
    let mut marks = BTreeSet::new();
    for (number, line) in (1..).zip(text.lines()) {
        let Some((_, mark)) = line.split_once(MARK) else {
            continue;
        };
        let code = mark.trim_start_matches('^');
        let marked = usize::checked_sub(number, mark.len() - code.len());
        let marked = marked.filter(|line| *line > 0);
        let marked =
            marked.with_context(|| format!("line {number} marks a line above the first"))?;
        marks.insert((marked, code.trim().to_owned()));
    }
    Ok(marks)
}

/// Compares; `said` is nothing if the compiler did not see the file.
pub(super) fn judge(name: &str, marks: &BTreeSet<Mark>, said: Option<&Vec<Complaint>>) -> Outcome {
    let outcome = |what: &str, wrong| Outcome {
        name: name.to_owned(),
        what: what.to_owned(),
        wrong,
    };
    let Some(complaints) = said else {
        let wrong = "nothing is known of it: neither an error nor an object".to_owned();
        return outcome("was not compiled", vec![wrong]);
    };
    let is_marked = |line, code: &str| marks.contains(&(line, code.to_owned()));
    // The compiler may have several complaints of one kind about one line.
    let missing = marks.iter().filter(|(line, code)| {
        let mut all = complaints.iter();
        !all.any(|complaint| complaint.line == *line && complaint.code == *code)
    });
    let missing = missing.map(|(line, code)| format!("line {line}: {code} did not come"));
    let others = complaints.iter();
    let others = others.filter(|complaint| !is_marked(complaint.line, &complaint.code));
    let others = others.map(|other| {
        let (line, code, words) = (other.line, &other.code, &other.words);
        format!("line {line}: {code} is not marked: {words}")
    });
    let wrong: Vec<_> = missing.chain(others).collect();
    match complaints.first() {
        None => outcome("compiles", wrong),
        Some(first) => {
            let (line, code, words) = (first.line, &first.code, &first.words);
            outcome(&format!("line {line}: {code}: {words}"), wrong)
        }
    }
}
