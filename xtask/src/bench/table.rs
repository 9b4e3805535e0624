// SPDX-License-Identifier: MIT OR Apache-2.0

//! The figures for people.

use super::figures::{Figures, Row};
use super::targets::{self, ON_TOP, Target};

/// All figures, a line a row and a column a flavor, each but the first with its ratio to that;
/// then what the core adds to bare sockets.
pub(super) fn figures(measured: &[(String, Figures)]) -> String {
    let Some(((_, base), _)) = measured.split_first() else {
        return String::new();
    };
    let mut lines = vec![heading("instructions", measured)];
    for (row, _) in &base.0 {
        lines.push(line(row.to_string(), measured, |figures| {
            figures.steady(row)
        }));
    }
    lines.push(Vec::new());
    lines.push(heading("of these, added by the core", measured));
    let on_top = |row: &&Row| ON_TOP.iter().any(|(name, _)| *name == row.operation);
    for row in base.0.iter().map(|(row, _)| row).filter(on_top) {
        lines.push(line(row.to_string(), measured, |figures| {
            targets::added(figures, row)
        }));
    }
    align(&lines)
}

/// The figures that are not the same each of the times that they were measured, a line each.
pub(super) fn restless(measured: &[(String, Figures)]) -> String {
    let mut lines = vec![
        [
            "not the same each time",
            "flavor",
            "median",
            "least",
            "most",
        ]
        .map(str::to_owned)
        .to_vec(),
    ];
    for (flavor, figures) in measured {
        for (row, cost) in figures.0.iter().filter(|(_, cost)| cost.least != cost.most) {
            let numbers = [cost.steady, cost.least, cost.most].map(|number| number.to_string());
            let names = [row.to_string(), flavor.clone()];
            lines.push(names.into_iter().chain(numbers).collect());
        }
    }
    section(&lines)
}

/// What was to be reached, and whether it was.
pub(super) fn targets(targets: &[Target]) -> String {
    let mut lines = vec![
        ["target", "flavor", "is", "at most", ""]
            .map(str::to_owned)
            .to_vec(),
    ];
    for target in targets {
        lines.push(vec![
            target.what.clone(),
            target.flavor.clone(),
            target.is.to_string(),
            target.limit.to_string(),
            if target.is_met() { "met" } else { "MISSED" }.to_owned(),
        ]);
    }
    section(&lines)
}

/// A part of its own; nothing where there is only the heading.
fn section(lines: &[Vec<String>]) -> String {
    match lines {
        [] | [_] => String::new(),
        lines => format!("\n{}", align(lines)),
    }
}

fn heading(first: &str, measured: &[(String, Figures)]) -> Vec<String> {
    let mut cells = vec![first.to_owned()];
    for (number, (flavor, _)) in measured.iter().enumerate() {
        cells.push(flavor.clone());
        if let Some((peer, _)) = measured.first().filter(|_| number > 0) {
            cells.push(format!("/{peer}"));
        }
    }
    cells
}

fn line(
    name: String,
    measured: &[(String, Figures)],
    cost: impl Fn(&Figures) -> Option<i64>,
) -> Vec<String> {
    let mut cells = vec![name];
    let base = measured.first().and_then(|(_, figures)| cost(figures));
    for (number, (_, figures)) in measured.iter().enumerate() {
        let cost = cost(figures);
        cells.push(cost.map_or("-".to_owned(), |cost| cost.to_string()));
        if number > 0 {
            cells.push(ratio(cost, base));
        }
    }
    cells
}

/// Nothing where there is none.
fn ratio(cost: Option<i64>, base: Option<i64>) -> String {
    match (cost, base) {
        (Some(cost), Some(base)) if base > 0 => format!("{:.3}", cost as f64 / base as f64),
        _ => "-".to_owned(),
    }
}

/// The first column and words to the left, numbers to the right.
fn align(lines: &[Vec<String>]) -> String {
    let columns = lines.iter().map(Vec::len).max().unwrap_or_default();
    let widths: Vec<_> = (0..columns)
        .map(|column| {
            let cells = lines.iter().filter_map(|line| line.get(column));
            cells
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or_default()
        })
        .collect();
    let mut text = String::new();
    for line in lines {
        let cells = line.iter().zip(&widths).enumerate();
        let cells = cells.map(|(column, (cell, &width))| match column {
            0 => format!("{cell:width$}"),
            _ => format!("{cell:>width$}"),
        });
        text += cells.collect::<Vec<_>>().join("  ").trim_end();
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::figures::tests::figures as measured;

    #[test]
    fn flavors_stand_side_by_side_with_their_ratio_to_the_first() {
        let flavors = [
            (
                "c".to_owned(),
                measured("floor: 1000\ndispatch/1 ids: 1200\nadd/1 ids: 500"),
            ),
            (
                "rust".to_owned(),
                measured("floor: 1000\ndispatch/1 ids: 1100\nadd/1 ids: 600"),
            ),
        ];
        assert_eq!(
            figures(&flavors),
            "\
instructions                    c  rust     /c
floor                        1000  1000  1.000
dispatch, 1 id               1200  1100  0.917
add, 1 id                     500   600  1.200

of these, added by the core     c  rust     /c
dispatch, 1 id                200   100  0.500
"
        );
    }

    #[test]
    fn a_figure_that_varies_is_named_with_how_far() {
        let mut flavors = [("c".to_owned(), measured("floor: 10\nadd/1 ids: 20"))];
        assert_eq!(restless(&flavors), "");
        flavors[0].1.0[1].1.most = 90;
        assert_eq!(
            restless(&flavors),
            "\n\
             not the same each time  flavor  median  least  most\n\
             add, 1 id                    c      20     20    90\n"
        );
    }

    #[test]
    fn a_target_that_is_missed_stands_out() {
        let target = |is| Target {
            flavor: "rust".to_owned(),
            what: "add".to_owned(),
            is,
            limit: 10,
        };
        assert_eq!(
            targets(&[target(10), target(11)]),
            "\n\
             target  flavor  is  at most\n\
             add       rust  10       10     met\n\
             add       rust  11       10  MISSED\n"
        );
    }
}
