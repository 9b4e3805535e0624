// SPDX-License-Identifier: MIT OR Apache-2.0

//! Messages a second by the clock, with several tasks that send at once.
//!
//! A clock measures the machine as well. So guests of all flavors take turns, each flavor is
//! compared to the first of the same turn, and where those ratios are far apart, nothing is said.

use std::path::PathBuf;
use std::thread;

use anyhow::{Context, Result, ensure};

use super::row::Row;
use super::table::align;
use crate::project::Project;
use crate::run::{Host, Job, Run};
use crate::scenario::Scenario;
use crate::{queue, report};

/// What is booted, in `test-payloads/benches`.
pub(super) const SCENARIO: &str = "rates";

/// How often the flavors take turns.
const TURNS: usize = 5;

/// The step of the scenario whose tests are the rates.
const STEP: &str = "run bench rates/";

/// How far apart the ratios of the turns may be, as a part of their median.
const NOISY: f64 = 0.2;

/// Messages a second, by operation.
type Rates = Vec<(Row, f64)>;

/// Runs the guests of the host's kernels in turns, and says how their rates stand to those of the
/// first.
pub(super) fn run(project: &Project, scenario: &Scenario, host: &Host) -> Result<()> {
    let folder = |flavor: &str, round: usize| -> PathBuf {
        let runs = project.runs().join(flavor);
        runs.join(format!("bench-{SCENARIO}-{round}"))
    };
    let jobs: Vec<_> = (1..=TURNS)
        .flat_map(|round| {
            host.kernels.iter().map(move |kernel| Job {
                scenario,
                kernel,
                plugin: None,
                round,
                folder: folder(&kernel.flavor, round),
            })
        })
        .collect();
    let runs = queue::run_all(&jobs, host)?;
    print!("{}", report::failures(&runs, &[]));
    report::verdict(&runs, &[])?;
    let flavors: Vec<_> = host.kernels.iter().map(|k| k.flavor.clone()).collect();
    let rates = runs.iter().map(rates).collect::<Result<Vec<_>>>()?;
    print!("{}", table(&flavors, &rates)?);
    println!("{}; {}", host.qemu.version, host.accelerator.reason);
    println!("{}", processors(scenario.cpus));
    Ok(())
}

/// What the host has for the guest's processors.
fn processors(wanted: u32) -> String {
    let has = thread::available_parallelism().map_or(1, usize::from);
    match usize::try_from(wanted) {
        Ok(wanted) if wanted > has => format!(
            "this machine has {has} processors for the guest's {wanted}: with more than {has} \
             tasks it shows how they share, not how they scale"
        ),
        _ => format!("this machine has {has} processors, enough for all of the guest's"),
    }
}

fn rates(run: &Run) -> Result<Rates> {
    let paths = run.verdict.tests.iter().map(|test| &test.path);
    let named = paths.filter_map(|path| Some((path.strip_prefix(STEP)?, path)));
    let rates = named.map(|(name, path)| {
        let lines = run.transcripts.get(path).map_or(&[][..], Vec::as_slice);
        let rate = lines.first().and_then(|line| line.strip_prefix("rate "));
        let rate = rate.and_then(|rate| rate.parse().ok());
        Ok((
            name.parse()?,
            rate.with_context(|| format!("{name} has no rate"))?,
        ))
    });
    let rates: Rates = rates.collect::<Result<_>>()?;
    ensure!(!rates.is_empty(), "the guest measured nothing");
    Ok(rates)
}

/// The rates of all turns, flavor after flavor in each.
fn table(flavors: &[String], rates: &[Rates]) -> Result<String> {
    let turns: Vec<_> = rates.chunks(flavors.len()).collect();
    let first = flavors.first().context("no flavor was measured")?;
    let against = format!("/{first}");
    let heading = ["messages a second", "flavor", "median", &against];
    let mut lines = vec![heading.map(str::to_owned).to_vec()];
    for (index, (row, _)) in turns
        .first()
        .and_then(|t| t.first())
        .into_iter()
        .flatten()
        .enumerate()
    {
        for (place, flavor) in flavors.iter().enumerate() {
            let rate = |turn: &[Rates], place: usize| {
                let rate = turn.get(place).and_then(|rates| rates.get(index));
                rate.map(|(_, rate)| *rate)
                    .context("a run measured less than the others")
            };
            let own = turns.iter().map(|turn| rate(turn, place));
            let own = own.collect::<Result<Vec<_>>>()?;
            let ratios = turns
                .iter()
                .map(|turn| Ok(rate(turn, place)? / rate(turn, 0)?));
            let ratios = sorted(ratios.collect::<Result<Vec<_>>>()?);
            let (ratio, said) = match place {
                0 => (String::new(), String::new()),
                _ => (format!("{:.2}", median(&ratios)), said(&ratios, first)),
            };
            let rate = format!("{:.0}", median(&sorted(own)));
            lines.push(vec![row.to_string(), flavor.clone(), rate, ratio, said]);
        }
    }
    Ok(align(&lines))
}

/// What the ratios of all turns allow to say.
fn said(ratios: &[f64], peer: &str) -> String {
    let (Some(least), Some(most)) = (ratios.first(), ratios.last()) else {
        return "nothing was measured".to_owned();
    };
    let range = format!("{least:.2} to {most:.2}");
    if (most - least) / median(ratios) > NOISY {
        return format!("{range}: the machine was too noisy to say");
    }
    match (*least > 1.0, *most < 1.0) {
        (true, _) => format!("{range}: faster than {peer} each time"),
        (_, true) => format!("{range}: slower than {peer} each time"),
        _ => format!("{range}: no difference to {peer}"),
    }
}

fn sorted(mut numbers: Vec<f64>) -> Vec<f64> {
    numbers.sort_by(f64::total_cmp);
    numbers
}

fn median(sorted: &[f64]) -> f64 {
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_depends_on_all_turns() {
        for (ratios, words) in [
            ([1.02, 1.05, 1.10], "1.02 to 1.10: faster than c each time"),
            ([0.90, 0.95, 0.99], "0.90 to 0.99: slower than c each time"),
            ([0.98, 1.00, 1.03], "0.98 to 1.03: no difference to c"),
            (
                [0.90, 1.00, 1.11],
                "0.90 to 1.11: the machine was too noisy to say",
            ),
        ] {
            assert_eq!(said(&ratios, "c"), words);
        }
    }

    #[test]
    fn a_flavor_is_compared_to_the_first_of_the_same_turn() {
        let rates = |rate| vec![("one id/2 tasks".parse().unwrap(), rate)];
        let flavors = ["c".to_owned(), "rust".to_owned()];
        // The machine was twice as fast in the second turn.
        let turns = [rates(100.0), rates(110.0), rates(200.0), rates(220.0)];
        assert_eq!(
            table(&flavors, &turns).unwrap(),
            "messages a second  flavor  median    /c\n\
             one id, 2 tasks         c     200\n\
             one id, 2 tasks      rust     220  1.10  1.10 to 1.10: faster than c each time\n"
        );
        let missing = [rates(1.0), Vec::new()];
        assert!(table(&flavors, &missing).is_err());
    }
}
