// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the Rust core is to reach, judged by what it and the C core were measured to cost.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};

use super::figures::Figures;
use super::row::{MEASURING, Row};

/// The flavor that targets refer to.
const PEER: &str = "c";

/// What the Rust core may add in these, of what the C core adds, in tenths.
const TENTHS: i64 = 8;

/// How much more an operation may cost with any number of ids than with one, in instructions.
///
/// Ids whose hashes are alike share a place in a table, and which do is chance: the measured one may
/// stand behind two or three others, and to pass one takes about ten instructions. A cost that
/// grows with the number of ids is far above this: the C core takes some 20 for each.
const FLAT: i64 = 32;

/// The most listeners at which a multicast is judged.
const FEW: u32 = 8;

/// What sizes are counted in where the cost must not depend on them.
const IDS: &str = "ids";

/// One thing to reach.
#[derive(Debug)]
pub(super) struct Target {
    /// The kernel that is judged.
    pub(super) flavor: String,
    /// What is to be reached, for example `echo, 1 id: added to bare echo, 0.8 of c`.
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

/// Judges each flavor by the first, if that is the C core; there are no targets otherwise.
pub(super) fn judge(measured: &[(String, Figures)]) -> Result<Vec<Target>> {
    let mut targets = Vec::new();
    let Some(((_, base), others)) = measured.split_first().filter(|((peer, _), _)| peer == PEER)
    else {
        return Ok(targets);
    };
    for (flavor, figures) in others {
        let mut judged = Judged {
            flavor,
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

/// The row of a bare netlink socket that does the same, for an operation that has one.
fn bare(row: &Row) -> Option<Row> {
    let (operation, size) = match row.operation.as_str() {
        "echo" => ("bare echo".to_owned(), None),
        "multicast" => ("bare multicast".to_owned(), row.size.clone()),
        operation => {
            let payload = operation.strip_prefix("dispatch")?;
            (format!("floor{payload}"), None)
        }
    };
    Some(Row { operation, size })
}

/// What the row's operation costs more than the bare socket that does the same; nothing for an
/// operation without one.
pub(super) fn added(figures: &Figures, row: &Row) -> Option<i64> {
    Some(figures.steady(row)? - figures.steady(&bare(row)?)?)
}

struct Judged<'a> {
    flavor: &'a str,
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

    /// At one id.
    fn added(&mut self) -> Result<()> {
        let rows = self.figures.costs.iter().map(|(row, _)| row);
        let at_one = rows.filter(|row| has_ids(row, 1));
        for (row, bare) in at_one.filter_map(|row| Some((row, bare(row)?))) {
            let missing = || format!("{row} or {bare} was not measured");
            let is = added(self.figures, row).with_context(missing)?;
            let base = added(self.base, row).with_context(missing)?;
            let what = format!("{row}: added to {bare}, 0.{TENTHS} of {PEER}");
            self.target(what, is, base * TENTHS / 10);
        }
        Ok(())
    }

    /// At one id, at few listeners, and where there is nothing to count. With many listeners nearly
    /// all is netlink's, and a difference of an instruction or two says nothing of the core.
    fn no_dearer(&mut self) -> Result<()> {
        let one_or_other = |row: &Row| match &row.size {
            Some((count, what)) if what == IDS => *count == 1,
            Some((count, _)) => *count <= FEW,
            None => true,
        };
        let figures = self.figures.costs.iter();
        for (row, cost) in figures.filter(|(row, _)| is_the_cores(row) && one_or_other(row)) {
            let limit = self
                .base
                .steady(row)
                .with_context(|| format!("{row} was not measured on {PEER}"))?;
            self.target(format!("{row}: no dearer than {PEER}"), cost.steady, limit);
        }
        Ok(())
    }

    /// The dearest number of ids against one.
    fn flat(&mut self) {
        for one in self.figures.costs.iter().filter(|(row, _)| has_ids(row, 1)) {
            let (row, cost) = one;
            let same = |other: &Row| other.operation == row.operation && other != row;
            let more = self.figures.costs.iter().filter(|(other, _)| same(other));
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
/// others, nor what has no connector in it, nor what is compared by what is added to that, nor
/// process events, which are a driver of their own.
fn is_the_cores(row: &Row) -> bool {
    let others = [
        MEASURING,
        "floor",
        "bare ",
        "generic netlink ",
        "fork, ",
        "PR_SET_NAME, ",
    ];
    let is_other = others.iter().any(|other| row.operation.starts_with(other));
    !is_other && (row.operation == "multicast" || bare(row).is_none())
}

/// An error when no flavor reaches all its targets. Flavors of the same core differ in how they
/// are built, and one good way to build it is enough.
pub(super) fn verdict(targets: &[Target]) -> Result<()> {
    let mut missed: BTreeMap<&str, usize> = BTreeMap::new();
    for target in targets {
        *missed.entry(&target.flavor).or_default() += usize::from(!target.is_met());
    }
    match missed.into_iter().min_by_key(|(_, missed)| *missed) {
        Some((flavor, missed)) if missed > 0 => bail!(
            "{missed} targets are missed on {flavor}, the best of the flavors; the table above \
             says which, and --report-only passes over them"
        ),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
