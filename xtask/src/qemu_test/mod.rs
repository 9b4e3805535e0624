// SPDX-License-Identifier: MIT OR Apache-2.0

//! `cargo xtask qemu-test`.

mod rounds;
mod selection;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, ensure};
use clap::Args;
use regex::Regex;

use crate::accel::{self, Choice};
use crate::annotate::annotations;
use crate::arch::Arch;
use crate::doctor::{self, Need, Permission};
use crate::git::Git;
use crate::html::{self, Made};
use crate::kernel;
use crate::lock::Lock;
use crate::project::Project;
use crate::qemu::Qemu;
use crate::run::{Host, Run};
use crate::scenario::Scenario;
use crate::transcript::{self, Difference, Transcripts};
use crate::{junit, payload, report};
use rounds::Rounds;

const EXAMPLES: &str = "\
Examples:
  cargo xtask qemu-test                          every scenario, on the Rust connector
  cargo xtask qemu-test --flavor stock,rust      on the C connector too, and compare the two
  cargo xtask qemu-test --filter '^errors/'      some tests, by name
  cargo xtask qemu-test --repeat 20 --timeout 60 look for what fails now and then
  cargo xtask qemu-test --repeat 99 --until-fail the same, up to the first round that fails
  cargo xtask qemu-test --shuffle --repeat 20    look for tests that rely on those before them
  cargo xtask qemu-test --nightly                look longer for races
  cargo xtask qemu-test --accel kvm              fail where KVM does not work
  cargo xtask qemu-test --arch s390              on a machine that is emulated, here big-endian
  cargo xtask qemu-test --list                   what there is to run";

/// What `qemu-test` is told.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// Flavors of kernel-config/flavors.yaml; each is compared to the first [default: rust, or all
    /// of --arch]
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    flavor: Vec<String>,
    /// Run the flavors that are for this architecture, emulated
    #[arg(long, value_enum)]
    arch: Option<Arch>,
    /// Scenarios to run [default: all that run on the flavors]
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    scenario: Vec<String>,
    /// Run only the tests whose `GROUP/TEST`, as --list shows it, matches
    #[arg(long, value_name = "REGEX")]
    filter: Option<Regex>,
    /// Say what would run, and on which flavors
    #[arg(long)]
    list: bool,
    /// Run each scenario so many times
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    repeat: u16,
    /// Begin no further round of --repeat after one that fails
    #[arg(long, requires = "repeat")]
    until_fail: bool,
    /// Run the tests of each group in another order; the same for the same SEED [default: any]
    #[arg(long, value_name = "SEED", num_args = 0..=1, require_equals = true)]
    shuffle: Option<Option<u64>>,
    /// Run also what takes longer than each change may, and repeat tests as often as the scenarios say
    /// under `nightly`
    #[arg(long)]
    nightly: bool,
    /// What runs the guests
    #[arg(long, value_enum, default_value = "auto")]
    accel: Choice,
    /// Give each scenario so many seconds [default: its budget, more under TCG]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    timeout: Option<u64>,
    /// Run so many guests at a time, at most [default: as many as there are processors and memory
    /// for]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Write the results to a file, too, as JUnit XML, and beside it as a page
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// The QEMU to use [default: that of the architecture in PATH]
    #[arg(long, value_name = "PROGRAM")]
    qemu: Option<OsString>,
    /// A folder of payload crates, with their scenarios in `scenarios/` [default: test-payloads]
    #[arg(long, value_name = "FOLDER")]
    payloads: Option<PathBuf>,
    /// Where the files of the runs go [default: target/runs]
    #[arg(long, value_name = "FOLDER")]
    runs: Option<PathBuf>,
    #[command(flatten)]
    permission: Permission,
}

/// Runs the scenarios that are asked for on the flavors that are asked for.
pub(crate) fn run(project: &Project, options: &Options) -> Result<()> {
    let payloads = options
        .payloads
        .clone()
        .unwrap_or_else(|| project.payloads());
    let (arch, flavors) = selection::flavors(project, options.arch, &options.flavor)?;
    let scenarios = selection::scenarios(
        project,
        &payloads,
        &flavors,
        &options.scenario,
        options.nightly,
    )?;
    let programs: BTreeSet<_> = scenarios.iter().flat_map(Scenario::payloads).collect();
    if options.list {
        let binaries = payload::build(project, Arch::default(), &programs)?;
        print!("{}", selection::list(&scenarios, &binaries)?);
        return Ok(());
    }
    let intended = transcript::load(&payloads.join("transcripts.yaml"))?;
    install(project, arch, &scenarios, options.permission)?;
    let qemu = Qemu::find(arch, options.qemu.as_deref())?;
    let accelerator = accel::choose(options.accel, &qemu)?;
    let machine = format!("{}; {}", qemu.version, accelerator.reason);
    eprintln!("       … {machine}");
    let folder = options.runs.clone();
    let folder = folder.unwrap_or_else(|| project.runs());
    // Before anything is built that the guests of another command may be using.
    let _lock = Lock::of_runs(&folder)?;
    let payloads = payload::build(project, arch, &programs)?;
    // Those that are booted come first.
    let kernels = flavors
        .iter()
        .chain(&selection::suppliers(&scenarios, &flavors))
        .map(|flavor| kernel::ensure(project, flavor))
        .collect::<Result<Vec<_>>>()?;
    let host = Host {
        qemu: &qemu,
        accelerator: &accelerator,
        kernels: &kernels,
        payloads: &payloads,
        filter: options.filter.as_ref().map(Regex::as_str),
        seed: seed(options),
        nightly: options.nightly,
        timeout: options.timeout.map(Duration::from_secs),
        jobs: options.jobs.map(usize::from),
    };
    let booted = &kernels[..flavors.len()];
    let mut rounds = Rounds::new(&scenarios, booted, options.repeat, &folder);
    if !options.until_fail {
        rounds = rounds.into_one();
    }
    let compare = |runs: &[Run]| compare(runs, &intended, host.filter.is_none());
    let runs = rounds.run(&host, |runs| report::verdict(runs, &compare(runs)).is_err())?;
    let differences = compare(&runs);
    let commit = Git::at(&project.root).checked_out();
    let made = Made {
        machine: &machine,
        commit: &commit.unwrap_or_else(|| "of no repository".to_owned()),
    };
    html::write(&folder.join("report.html"), &made, &runs, &differences)?;
    if let Some(path) = &options.junit {
        junit::write(path, &runs)?;
        html::write(&path.with_extension("html"), &made, &runs, &differences)?;
    }
    println!("{}{machine}", report::table(&runs));
    tell(project, &runs, &differences)?;
    some_test_ran(&runs, host.filter)
}

/// Says what failed, to people and to what else looks at this; the verdict comes last.
fn tell(project: &Project, runs: &[Run], differences: &[Difference]) -> Result<()> {
    print!("{}", report::failures(runs, differences));
    print!("{}", annotations(&project.root, runs, differences));
    report::verdict(runs, differences)
}

/// What the order of the tests follows from; one that was not given is said, to be given again.
fn seed(options: &Options) -> Option<u64> {
    let seed = options.shuffle?.unwrap_or_else(|| fastrand::u64(..));
    eprintln!("       … tests in the order of --shuffle={seed}");
    Some(seed)
}

/// Sees to it that this machine has what is needed to build and to boot.
fn install(
    project: &Project,
    arch: Arch,
    scenarios: &[Scenario],
    permission: Permission,
) -> Result<()> {
    let programs: Vec<_> = scenarios.iter().flat_map(|s| s.programs.clone()).collect();
    let needs = [Need::Boot(arch, &programs), Need::Build];
    doctor::require(project, &needs, permission)
}

/// Compares the transcripts of each round.
fn compare(runs: &[Run], intended: &[transcript::Intended], all_ran: bool) -> Vec<Difference> {
    let rounds: BTreeSet<_> = runs.iter().map(|run| run.job.round).collect();
    rounds
        .into_iter()
        .flat_map(|round| {
            // A run that failed says why itself. It and one that crashed may have tests that did
            // not get to run.
            let whole = runs
                .iter()
                .filter(|run| run.job.round == round && run.passed() && !run.verdict.crashed);
            let transcripts: Vec<_> = whole
                .map(|run| Transcripts {
                    flavor: run.job.kernel.flavor.clone(),
                    scenario: run.job.scenario.name.clone(),
                    tests: run.transcripts.clone(),
                })
                .collect();
            transcript::compare(&transcripts, intended, all_ran)
        })
        .collect()
}

/// A filter that leaves out everything proves nothing.
fn some_test_ran(runs: &[Run], filter: Option<&str>) -> Result<()> {
    let Some(filter) = filter else { return Ok(()) };
    let ran = runs
        .iter()
        .any(|run| run.verdict.tests.iter().any(|test| test.path.contains('/')));
    ensure!(
        ran,
        "no test matches --filter '{filter}'; see `cargo xtask qemu-test --list`"
    );
    Ok(())
}
