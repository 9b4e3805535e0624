// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the Rust core is to reach, judged by what it and the C core were measured to cost.

use anyhow::{Context, Result, bail};

use super::figures::{Figures, Row};

/// Operations of which what counts is what the core adds to a bare netlink socket that does the
/// same, and that socket's row.
pub(super) const ON_TOP: [(&str, &str); 2] = [("dispatch", "floor"), ("echo", "bare echo")];

/// What the Rust core may add in these, of what the C core adds, in tenths.
const TENTHS: i64 = 8;

/// How much more an operation may cost with any number of ids than with one, in instructions.
///
/// Ids whose hashes are alike share a place in a table, and which do is chance: the measured one may
/// stand behind two or three others, and to pass one takes about ten instructions. A cost that
/// grows with the number of ids is far above this: the C core takes some 20 for each.
const FLAT: i64 = 32;

/// What sizes are counted in where the cost must not depend on them.
const IDS: &str = "ids";

/// One thing to reach.
#[derive(Debug)]
pub(super) struct Target {
    /// The kernel that is judged.
    pub(super) flavor: String,
    /// What is to be reached, for example `echo, 1 ids, added to bare echo`.
    pub(super) what: String,
    /// In instructions.
    pub(super) is: i64,
    /// The most it may be, in instructions.
    pub(super) limit: i64,
}

impl Target {
    pub(super) fn is_met(&self) -> bool {
        self.is <= self.limit
    }
}

/// Judges each flavor by the first.
pub(super) fn judge(measured: &[(String, Figures)]) -> Result<Vec<Target>> {
    let Some(((peer, base), others)) = measured.split_first() else {
        bail!("nothing was measured; name a flavor");
    };
    let mut targets = Vec::new();
    for (flavor, figures) in others {
        let mut judged = Judged {
            flavor,
            peer,
            base,
            figures,
            targets: Vec::new(),
        };
        judged.added()?;
        judged.no_dearer()?;
        judged.flat();
        targets.append(&mut judged.targets);
    }
    Ok(targets)
}

/// What the row's operation costs more than the bare socket that does the same; nothing for an
/// operation without one.
pub(super) fn added(figures: &Figures, row: &Row) -> Option<i64> {
    let (_, bare) = ON_TOP.iter().find(|(name, _)| *name == row.operation)?;
    let bare = Row {
        operation: (*bare).to_owned(),
        size: None,
    };
    Some(figures.steady(row)? - figures.steady(&bare)?)
}

struct Judged<'a> {
    flavor: &'a str,
    peer: &'a str,
    base: &'a Figures,
    figures: &'a Figures,
    targets: Vec<Target>,
}

impl Judged<'_> {
    fn target(&mut self, what: String, is: i64, limit: i64) {
        self.targets.push(Target {
            flavor: self.flavor.to_owned(),
            what,
            is,
            limit,
        });
    }

    fn added(&mut self) -> Result<()> {
        for (operation, bare) in ON_TOP {
            let row = Row {
                operation: operation.to_owned(),
                size: Some((1, IDS.to_owned())),
            };
            let missing = || format!("{row} or {bare} was not measured");
            let is = added(self.figures, &row).with_context(missing)?;
            let base = added(self.base, &row).with_context(missing)?;
            let what = format!("{row}: added to {bare}, 0.{TENTHS} of {}", self.peer);
            self.target(what, is, base * TENTHS / 10);
        }
        Ok(())
    }

    /// At one id, and where there is nothing to count.
    fn no_dearer(&mut self) -> Result<()> {
        let one_or_other = |row: &Row| match &row.size {
            Some((count, what)) => what != IDS || *count == 1,
            None => true,
        };
        let figures = self.figures.0.iter();
        for (row, cost) in figures.filter(|(row, _)| is_the_cores(row) && one_or_other(row)) {
            let limit = self
                .base
                .steady(row)
                .with_context(|| format!("{row} was not measured on {}", self.peer))?;
            self.target(
                format!("{row}: no dearer than {}", self.peer),
                cost.steady,
                limit,
            );
        }
        Ok(())
    }

    /// The dearest number of ids against one.
    fn flat(&mut self) {
        for one in self.figures.0.iter().filter(|(row, _)| has_ids(row, 1)) {
            let (row, cost) = one;
            let same = |other: &Row| other.operation == row.operation && other != row;
            let more = self.figures.0.iter().filter(|(other, _)| same(other));
            if let Some(dearest) = more.map(|(_, cost)| cost.steady).max() {
                let what = format!("{}: at most {FLAT} above 1 id", row.operation);
                self.target(what, dearest, cost.steady + FLAT);
            }
        }
    }
}

fn has_ids(row: &Row, count: u32) -> bool {
    row.size == Some((count, IDS.to_owned()))
}

/// Whether the row is a cost of the core by itself: neither is what was subtracted from all
/// others, nor a bare socket, nor what is compared by what is added to one.
fn is_the_cores(row: &Row) -> bool {
    let name = row.operation.as_str();
    let on_top = ON_TOP
        .iter()
        .any(|(top, bare)| [*top, *bare].contains(&name));
    !on_top && !name.starts_with("measuring: ")
}

/// An error when no flavor reaches all its targets. Flavors of the same core differ in how they
/// are built, and one good way to build it is enough.
pub(super) fn verdict(targets: &[Target]) -> Result<()> {
    let mut missed: Vec<(&str, Vec<&Target>)> = Vec::new();
    for target in targets {
        if missed.iter().all(|(flavor, _)| *flavor != target.flavor) {
            missed.push((&target.flavor, Vec::new()));
        }
        if let Some((_, missed)) = missed.last_mut().filter(|_| !target.is_met()) {
            missed.push(target);
        }
    }
    let best = missed.into_iter().min_by_key(|(_, missed)| missed.len());
    match best {
        Some((flavor, missed)) if !missed.is_empty() => bail!(
            "{} targets are missed on {flavor}, the best of the flavors; the table above says \
             which, and --report-only passes over them",
            missed.len()
        ),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::figures::tests::figures;

    const C: &str = "measuring: overhead: 3\nfloor: 1400\ndispatch/1 ids: 1500\n\
                     dispatch/16 ids: 1800\nbare echo: 3000\necho/1 ids: 3200\nadd/1 ids: 500\n\
                     add/16 ids: 700\nmulticast/8 listeners: 900";

    const RUST: &str = "measuring: overhead: 9\nfloor: 1500\ndispatch/1 ids: 1580\n\
                        dispatch/16 ids: 1612\nbare echo: 3000\necho/1 ids: 3160\n\
                        add/1 ids: 500\nadd/16 ids: 532\nmulticast/8 listeners: 900";

    /// What is missed by figures like `RUST`, but with `old` in place of `new`.
    fn missed(old: &str, new: &str) -> Vec<String> {
        assert!(RUST.contains(old), "{old}");
        let measured = [
            ("c".to_owned(), figures(C)),
            ("rust".to_owned(), figures(&RUST.replace(old, new))),
        ];
        let targets = judge(&measured).unwrap();
        assert_eq!(targets.len(), 6, "{targets:#?}");
        let missed = targets.iter().filter(|target| !target.is_met());
        missed.map(|target| target.what.clone()).collect()
    }

    #[test]
    fn each_target_is_met_at_its_limit_and_missed_above_it() {
        assert_eq!(missed("", ""), [""; 0]);
        for (old, new, what) in [
            (
                "dispatch/1 ids: 1580",
                "dispatch/1 ids: 1581",
                "dispatch, 1 id: added to floor, 0.8 of c",
            ),
            (
                "echo/1 ids: 3160",
                "echo/1 ids: 3161",
                "echo, 1 id: added to bare echo, 0.8 of c",
            ),
            (
                "dispatch/16 ids: 1612",
                "dispatch/16 ids: 1613",
                "dispatch: at most 32 above 1 id",
            ),
            (
                "add/16 ids: 532",
                "add/16 ids: 533",
                "add: at most 32 above 1 id",
            ),
            (
                "add/1 ids: 500",
                "add/1 ids: 501",
                "add, 1 id: no dearer than c",
            ),
            (
                "listeners: 900",
                "listeners: 901",
                "multicast, 8 listeners: no dearer than c",
            ),
        ] {
            assert_eq!(missed(old, new), [what]);
        }
    }

    #[test]
    fn what_was_not_measured_is_an_error() {
        let measured = |c: &str, rust: &str| {
            [
                ("c".to_owned(), figures(c)),
                ("rust".to_owned(), figures(rust)),
            ]
        };
        let no_floor = RUST.replace("floor: 1500\n", "");
        let error = judge(&measured(C, &no_floor)).unwrap_err().to_string();
        assert_eq!(error, "dispatch, 1 id or floor was not measured");
        let no_add = C.replace("add/1 ids: 500\n", "");
        let error = judge(&measured(&no_add, RUST)).unwrap_err().to_string();
        assert_eq!(error, "add, 1 id was not measured on c");
    }

    #[test]
    fn one_flavor_that_reaches_everything_is_enough() {
        let target = |flavor: &str, is| Target {
            flavor: flavor.to_owned(),
            what: format!("to be {is}"),
            is,
            limit: 1,
        };
        verdict(&[]).unwrap();
        verdict(&[
            target("a", 2),
            target("a", 1),
            target("b", 1),
            target("b", 0),
        ])
        .unwrap();
        let error = verdict(&[
            target("a", 2),
            target("a", 3),
            target("b", 0),
            target("b", 4),
        ]);
        let error = error.unwrap_err().to_string();
        assert!(
            error.starts_with("1 targets are missed on b, the best of the flavors;"),
            "{error}"
        );
    }
}
