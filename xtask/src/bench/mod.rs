// SPDX-License-Identifier: MIT OR Apache-2.0

//! `cargo xtask bench`: what the connector's operations cost, in instructions of the guest.

mod compare;
mod figures;
mod page;
mod profile;
mod record;
mod row;
mod table;
mod targets;
mod wall;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::arch::Arch;
use crate::doctor::{self, Need, Permission};
use crate::flavor::Flavor;
use crate::kernel::{self, Kernel};
use crate::lock::Lock;
use crate::project::Project;
use crate::qemu::Qemu;
use crate::run::{Host, Job, Run};
use crate::scenario::{self, Scenario};
use crate::{accel, payload, queue, report};

use compare::Comparison;
use figures::Figures;
use record::{Record, Toolchain};

const EXAMPLES: &str = "\
Examples:
  cargo xtask bench                       the C core and the Rust core, side by side
  cargo xtask bench --flavor c,rust       without the kernel that has its C helpers inlined
  cargo xtask bench --flavor rust         one of them by itself, without targets
  cargo xtask bench --report-only         do not fail when a target is missed
  cargo xtask bench --json bench.json     the figures for other programs, too
  cargo xtask bench --html bench.html     the curves, for a browser
  cargo xtask bench --compare bench.json  what has become dearer since then, which fails
  cargo xtask bench --wall                messages a second by the clock, with 1, 2 and 4 tasks
  cargo xtask bench --profile 'add/1 ids' where the instructions of an operation are

Figures are instructions that the guest executes from before a call to after it, less the overhead
of measuring. A send is measured around the system call, what drivers call around the function.
Each is the median of 25 times, after 8 that do not count; for the most part all are equal. Each
guest runs twice, and any difference is an error. Caches are not modelled. Figures depend on the
compilers: --compare takes instructions where the toolchain is that of the file, else ratios to c.

With several ids, the one that was registered last is measured, for which the C core walks over all
the others; `add` and `del` are of one more. What a `del` puts off is not in its figure.

--profile runs each guest once, with a plugin of QEMU that notes each instruction of the operation;
it counts those between the two readings of the counter, so some more than the figure.

--wall compares flavors that took turns, and says so where the machine was too noisy.";

/// What is booted, in `test-payloads/benches`.
const SCENARIO: &str = "instructions";

/// How often each guest runs, to see whether the figures repeat.
const ROUNDS: usize = 2;

/// What `bench` is told.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// Flavors of kernel-config/flavors.yaml; each is compared to the first
    #[arg(
        long,
        value_name = "NAME",
        value_delimiter = ',',
        default_value = "c,rust,rust-inline"
    )]
    flavor: Vec<String>,
    /// Say which targets are missed, but do not fail for it
    #[arg(long)]
    report_only: bool,
    /// Write the figures to a file, too, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the figures to a file, too, as a page with curves
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Measure messages a second by the clock, with several tasks, and no instructions
    #[arg(long, conflicts_with_all = ["profile", "json", "html", "compare"])]
    wall: bool,
    /// Say in which functions the instructions of an operation are, and measure nothing else
    #[arg(long, value_name = "OPERATION", conflicts_with_all = ["json", "html", "compare"])]
    profile: Option<String>,
    /// Say what has changed since figures were written with --json, and fail when it became dearer
    #[arg(long, value_name = "FILE")]
    compare: Option<PathBuf>,
    /// The QEMU to use
    #[arg(long, value_name = "PROGRAM", default_value = "qemu-system-x86_64")]
    qemu: OsString,
    #[command(flatten)]
    permission: Permission,
}

impl Options {
    fn scenario(&self) -> &'static str {
        match self.wall {
            true => wall::SCENARIO,
            false => SCENARIO,
        }
    }
}

/// Measures on the flavors that are asked for, and compares.
pub(crate) fn run(project: &Project, options: &Options) -> Result<()> {
    // Read before anything is measured, and before it may be written anew.
    let old = options.compare.as_deref().map(Record::read).transpose()?;
    let scenario = scenario(project, options.scenario())?;
    let flavors = flavors(project, &options.flavor, &scenario)?;
    doctor::require(
        project,
        &[Need::Boot(Arch::default(), &[]), Need::Build],
        options.permission,
    )?;
    let qemu = Qemu::find(Arch::default(), Some(&options.qemu))?;
    let _lock = Lock::of_runs(&project.runs())?;
    let payloads = payload::build(project, Arch::default(), &scenario.payloads())?;
    let kernels = flavors
        .iter()
        .map(|flavor| kernel::ensure(project, flavor))
        .collect::<Result<Vec<_>>>()?;
    let accelerator = match options.wall {
        true => accel::choose(accel::Choice::Auto, &qemu)?,
        false => accel::counting(),
    };
    let host = Host {
        qemu: &qemu,
        accelerator: &accelerator,
        kernels: &kernels,
        payloads: &payloads,
        filter: options.profile.as_deref(),
        seed: None,
        nightly: false,
        timeout: None,
        // By the clock, guests must not take time from each other.
        jobs: options.wall.then_some(1),
    };
    if options.wall {
        return wall::run(project, &scenario, &host);
    }
    if options.profile.is_some() {
        return profile::run(project, &scenario, &host);
    }
    let jobs = jobs(project, &scenario, &kernels);
    let runs = queue::run_all(&jobs, &host)?;
    print!("{}", report::failures(&runs, &[]));
    report::verdict(&runs, &[])?;
    let measured = measured(&runs)?;

    let targets = targets::judge(&measured)?;
    print!("{}", table::figures(&measured));
    print!("{}", table::restless(&measured));
    print!("{}", table::calibration(&measured, ROUNDS));
    print!("{}", table::targets(&targets));
    println!("{}; {}", qemu.version, host.accelerator.reason);
    let toolchain = Toolchain::of(&kernels, &qemu)?;
    let record = Record::new(toolchain, &measured, &targets);
    if let Some(path) = &options.json {
        record.write(path)?;
    }
    if let Some(path) = &options.html {
        page::write(path, &measured, &record.toolchain.to_string())?;
    }
    let mut verdicts = vec![targets::verdict(&targets)];
    if let Some(old) = old {
        let comparison = Comparison::of(&old, &record)?;
        print!("{}", comparison.text());
        verdicts.push(comparison.verdict());
    }
    judge(verdicts, options.report_only)
}

/// The first error, after all others have been said; none if it is only to be `said`.
fn judge(verdicts: Vec<Result<()>>, said: bool) -> Result<()> {
    let mut errors: Vec<_> = verdicts.into_iter().filter_map(Result::err).collect();
    if !said && !errors.is_empty() {
        let first = errors.remove(0);
        errors.iter().for_each(|error| println!("{error:#}"));
        return Err(first);
    }
    errors.iter().for_each(|error| println!("{error:#}"));
    Ok(())
}

fn scenario(project: &Project, name: &str) -> Result<Scenario> {
    let folder = project.payloads().join("benches");
    scenario::select(scenario::load_all(&folder)?, &[name.to_owned()])?
        .pop()
        .with_context(|| format!("there is no {name}.yaml in {}", folder.display()))
}

/// The flavors by name, on all of which `scenario` must run.
fn flavors(project: &Project, names: &[String], scenario: &Scenario) -> Result<Vec<String>> {
    let mut seen = BTreeSet::new();
    for name in names {
        Flavor::named(project, name)?;
        ensure!(seen.insert(name), "flavor {name} is named twice");
        ensure!(
            scenario.flavors.contains(name),
            "nothing is measured on {name}; there are {}",
            scenario.flavors.join(", ")
        );
    }
    Ok(names.to_vec())
}

fn jobs<'a>(project: &Project, scenario: &'a Scenario, kernels: &'a [Kernel]) -> Vec<Job<'a>> {
    let folder = project.runs();
    let of = |kernel: &'a Kernel| {
        let folder = folder.join(&kernel.flavor);
        (1..=ROUNDS).map(move |round| Job {
            scenario,
            kernel,
            plugin: None,
            round,
            folder: folder.join(format!("bench-{}-{round}", scenario.name)),
        })
    };
    kernels.iter().flat_map(of).collect()
}

/// What the runs measured, if it is beyond doubt.
fn measured(runs: &[Run]) -> Result<Vec<(String, Figures)>> {
    let mut figures = Vec::new();
    for run in runs {
        let mut of_run = Figures::of(run).with_context(|| run.job.name())?;
        of_run.add_sizes(&run.job.kernel.sizes()?)?;
        figures.push((run.job.kernel.flavor.clone(), of_run));
    }
    agreed(figures.into_iter())
}

/// The figures of each flavor, if all its runs gave the same.
fn agreed(runs: impl Iterator<Item = (String, Figures)>) -> Result<Vec<(String, Figures)>> {
    let mut measured: Vec<(String, Figures)> = Vec::new();
    for (flavor, figures) in runs {
        let Some((_, first)) = measured.iter().find(|(other, _)| *other == flavor) else {
            measured.push((flavor, figures));
            continue;
        };
        let differences = first.differences(&figures);
        ensure!(
            differences.is_empty(),
            "two runs of {flavor} differ, so that neither counts:\n{}\ncompare what both say in \
             target/runs/{flavor}/bench-{SCENARIO}-*/results.ktap",
            differences.join("\n")
        );
    }
    Ok(measured)
}

#[cfg(test)]
mod tests {
    use super::figures::tests::figures;
    use super::*;

    #[test]
    fn runs_of_a_flavor_must_agree_and_are_no_average() {
        let run = |flavor: &str, text: &str| (flavor.to_owned(), figures(text));
        let same = [
            run("c", "floor: 1"),
            run("c", "floor: 1"),
            run("rust", "floor: 2"),
        ];
        let measured = agreed(same.into_iter()).unwrap();
        let flavors: Vec<_> = measured.iter().map(|(flavor, _)| flavor.as_str()).collect();
        assert_eq!(flavors, ["c", "rust"]);
        let other = [
            run("rust", "floor: 2"),
            run("c", "floor: 1"),
            run("c", "floor: 3"),
        ];
        let error = agreed(other.into_iter()).unwrap_err().to_string();
        let told = "two runs of c differ, so that neither counts:\nfloor: 1 (1 to 1), then 3 (3 to";
        assert!(error.starts_with(told), "{error}");
    }
}
