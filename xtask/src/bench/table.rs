// SPDX-License-Identifier: MIT OR Apache-2.0

//! The figures for people.

use super::figures::Figures;
use super::row::{MEASURING, Row};
use super::targets::{self, Target};

/// All figures, a line a row and a column a flavor, each but the first with its ratio to that;
/// then what the core adds to bare sockets, then memory.
pub(super) fn figures(measured: &[(String, Figures)]) -> String {
    let Some(((_, base), _)) = measured.split_first() else {
        return String::new();
    };
    let rows = || {
        let all = base.costs.iter().map(|(row, _)| row);
        all.filter(|row| !row.operation.starts_with(MEASURING))
    };
    let mut lines = vec![heading("instructions", measured)];
    for row in rows() {
        lines.push(line(row.to_string(), measured, |figures| {
            figures.steady(row)
        }));
    }
    lines.push(Vec::new());
    lines.push(heading("of these, added by the core", measured));
    for row in rows().filter(|row| targets::added(base, row).is_some()) {
        lines.push(line(row.to_string(), measured, |figures| {
            targets::added(figures, row)
        }));
    }
    if !base.bytes.is_empty() {
        lines.push(Vec::new());
        lines.push(heading("bytes", measured));
    }
    for (name, _) in &base.bytes {
        lines.push(line(name.clone(), measured, |figures| figures.memory(name)));
    }
    align(&lines)
}

/// What was found out about the counter, and what was subtracted from all figures.
pub(super) fn calibration(measured: &[(String, Figures)], rounds: usize) -> String {
    let Some(((_, base), _)) = measured.split_first() else {
        return String::new();
    };
    let mut text = String::new();
    for (row, cost) in &base.costs {
        let Some(what) = row.operation.strip_prefix(MEASURING) else {
            continue;
        };
        let same = measured
            .iter()
            .all(|(_, of)| of.steady(row) == Some(cost.steady));
        let steady = match same {
            true => cost.steady.to_string(),
            false => each(measured, row),
        };
        text += &match &row.size {
            Some((count, unit)) => format!("{what} of {count} {unit} was counted as {steady}\n"),
            None => {
                format!("{what}: {steady} instructions, subtracted from what is measured there\n")
            }
        };
    }
    let all = base.costs.len() + base.bytes.len();
    format!("\n{text}{all} figures of each flavor, each the same in {rounds} runs\n")
}

fn each(measured: &[(String, Figures)], row: &Row) -> String {
    let costs = measured.iter().map(|(flavor, figures)| {
        let cost = figures.steady(row);
        format!(
            "{} on {flavor}",
            cost.map_or("nothing".to_owned(), |cost| cost.to_string())
        )
    });
    costs.collect::<Vec<_>>().join(", ")
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
        for (row, cost) in figures
            .costs
            .iter()
            .filter(|(_, cost)| cost.least != cost.most)
        {
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
pub(super) fn align(lines: &[Vec<String>]) -> String {
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
                measured(
                    "floor: 1000\ndispatch/1 ids: 1200\nadd/1 ids: 500\na registration: 80 bytes",
                ),
            ),
            (
                "rust".to_owned(),
                measured(
                    "floor: 1000\ndispatch/1 ids: 1100\nadd/1 ids: 600\na registration: 40 bytes",
                ),
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

bytes                           c  rust     /c
a registration                 80    40  0.500
"
        );
    }

    #[test]
    fn what_was_subtracted_is_said_and_where_flavors_differ() {
        let text =
            "measuring: a loop here/10 instructions: 10\nmeasuring: overhead here: 3\nfloor: 9";
        let mut flavors = ["c", "rust"].map(|name| (name.to_owned(), measured(text)));
        assert_eq!(
            calibration(&flavors, 2),
            "\na loop here of 10 instructions was counted as 10\n\
             overhead here: 3 instructions, subtracted from what is measured there\n\
             3 figures of each flavor, each the same in 2 runs\n"
        );
        assert!(!figures(&flavors).contains("overhead"));
        flavors[1].1.costs[1].1.steady = 4;
        assert!(calibration(&flavors, 2).contains("overhead here: 3 on c, 4 on rust instructions"));
    }

    #[test]
    fn a_figure_that_varies_is_named_with_how_far() {
        let mut flavors = [("c".to_owned(), measured("floor: 10\nadd/1 ids: 20"))];
        assert_eq!(restless(&flavors), "");
        flavors[0].1.costs[1].1.most = 90;
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
