// SPDX-License-Identifier: MIT OR Apache-2.0

//! Compares what the same tests saw on different flavors. They must see the same, but for the
//! differences that are listed with their reasons.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Result, ensure};
use serde::Deserialize;

use crate::yaml;

/// What one run's tests saw.
pub(crate) struct Transcripts {
    /// Where it ran.
    pub(crate) flavor: String,
    /// The scenario's name.
    pub(crate) scenario: String,
    /// By `step/test`, every test that reported, also those that saw nothing.
    pub(crate) tests: BTreeMap<String, Vec<String>>,
}

/// A difference that is intended: an entry of `transcripts.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Intended {
    /// The scenario's name.
    scenario: String,
    /// `step/test`, for example `run probes table/the-header-comes-first`.
    test: String,
    /// What the test sees, line by line, on each flavor that its scenario runs on.
    flavors: BTreeMap<String, Vec<String>>,
    /// Why that is as it should be.
    why: String,
}

/// A difference that nobody intended, or an intended one that is none.
#[derive(Debug)]
pub(crate) struct Difference {
    /// In one line.
    pub(crate) what: String,
    /// Each line with the flavor that saw it.
    pub(crate) excerpt: Vec<String>,
}

/// Reads the list of intended differences; none when there is no such file.
pub(crate) fn load(path: &Path) -> Result<Vec<Intended>> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let list: Vec<Intended> = yaml::load(path)?;
    for entry in &list {
        let mut lists = entry.flavors.values();
        let first = lists.next();
        ensure!(
            lists.any(|other| Some(other) != first),
            "{}: the entry for {}: {} lists no difference; remove it",
            path.display(),
            entry.scenario,
            entry.test
        );
    }
    Ok(list)
}

/// What one test saw, by flavor, in the order of the runs.
type Seen<'a> = Vec<(&'a str, &'a [String])>;

/// Compares `runs`, of which each is of another scenario or flavor. `all_ran` says whether every
/// test of these scenarios ran, so that an intended difference in a test that did not is stale.
pub(crate) fn compare(
    runs: &[Transcripts],
    intended: &[Intended],
    all_ran: bool,
) -> Vec<Difference> {
    let mut tests: BTreeMap<(&str, &str), Seen> = BTreeMap::new();
    for run in runs {
        for (test, lines) in &run.tests {
            let seen = tests.entry((&run.scenario, test)).or_default();
            seen.push((&run.flavor, lines));
        }
    }
    let mut differences = Vec::new();
    for (&(scenario, test), seen) in &tests {
        let listed = intended
            .iter()
            .find(|entry| entry.scenario == scenario && entry.test == test);
        differences.extend(missing(runs, scenario, test, seen));
        differences.extend(match listed {
            Some(entry) => against_list(entry, seen),
            None => among_themselves(scenario, test, seen),
        });
    }
    let ran = |entry: &Intended| tests.contains_key(&(&*entry.scenario, &*entry.test));
    let in_question = |entry: &&Intended| runs.iter().any(|run| run.scenario == entry.scenario);
    if all_ran {
        let stale = intended
            .iter()
            .filter(in_question)
            .filter(|entry| !ran(entry));
        differences.extend(stale.map(|entry| Difference {
            what: format!(
                "an intended difference is stale: {} has no test {}",
                entry.scenario, entry.test
            ),
            excerpt: Vec::new(),
        }));
    }
    differences
}

/// A test that ran on one flavor must have run on the others that ran its scenario.
fn missing(runs: &[Transcripts], scenario: &str, test: &str, seen: &Seen) -> Option<Difference> {
    let without: Vec<_> = runs
        .iter()
        .filter(|run| run.scenario == scenario && !run.tests.contains_key(test))
        .map(|run| run.flavor.as_str())
        .collect();
    (!without.is_empty()).then(|| Difference {
        what: format!(
            "{scenario}: {test} ran on {}, but not on {}",
            names(seen),
            without.join(", ")
        ),
        excerpt: Vec::new(),
    })
}

/// The first flavor is what the others are held against.
fn among_themselves(scenario: &str, test: &str, seen: &Seen) -> Option<Difference> {
    let (first, rest) = seen.split_first()?;
    rest.iter()
        .any(|other| other.1 != first.1)
        .then(|| Difference {
            what: format!(
                "{scenario}: {test} sees different things on {}",
                names(seen)
            ),
            excerpt: shown(seen),
        })
}

/// What is listed for a flavor is what it must see, to the line.
fn against_list(entry: &Intended, seen: &Seen) -> Option<Difference> {
    let as_listed = |(flavor, lines): &(&str, &[String])| {
        let listed = entry.flavors.get(*flavor);
        listed.is_some_and(|listed| listed == lines)
    };
    let (first, rest) = seen.split_first()?;
    if seen.iter().all(as_listed) {
        return None;
    }
    let Intended {
        scenario,
        test,
        why,
        ..
    } = entry;
    let equal = !rest.is_empty() && rest.iter().all(|other| other.1 == first.1);
    Some(Difference {
        what: if equal {
            format!(
                "an intended difference is stale: {scenario}: {test} sees the same on {}",
                names(seen)
            )
        } else {
            format!(
                "{scenario}: {test} sees other things on {} than the list intends ({why})",
                names(seen)
            )
        },
        excerpt: shown(seen),
    })
}

fn names(seen: &Seen) -> String {
    let names: Vec<_> = seen.iter().map(|(flavor, _)| *flavor).collect();
    names.join(", ")
}

fn shown(seen: &Seen) -> Vec<String> {
    let lines = |(flavor, lines): &(&str, &[String])| -> Vec<String> {
        let lines = lines.iter().map(|line| format!("{flavor}: {line}"));
        lines.collect()
    };
    seen.iter().flat_map(lines).collect()
}

#[cfg(test)]
mod tests;
