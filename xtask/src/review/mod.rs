// SPDX-License-Identifier: MIT OR Apache-2.0

//! `cargo xtask review`: the series as a maintainer would look at them.

mod accepted;
mod applies;
mod builds;
mod checkpatch;
mod checks;
mod clippy;
mod cover;
mod finding;
mod fix_up;
mod fixes_tag;
mod guests;
mod htmldocs;
mod kernel_doc;
mod maintainers;
mod message;
pub(crate) mod patch;
mod rustdoc;
mod rustfmt;
mod sign_off;
mod size;
mod sparse;
mod spdx;
mod subject;
mod table;
mod warnings;
mod workshop;

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::doctor::{self, Need, Permission};
use crate::lock::Lock;
use crate::project::Project;
use crate::stage::Stage;
use checks::{Check, Needs};
use finding::Finding;
use subject::Subject;

/// The flavor that has all series.
pub(crate) const WHOLE: &str = "rust";

const EXAMPLES: &str = "\
Examples:
  cargo xtask review                          everything; an hour when nothing is built yet
  cargo xtask review --quick                  what needs no build: a minute
  cargo xtask review --only checkpatch,cover  some of it
  cargo xtask review --flavor c-module        patches/fixes alone

What is found and as it should be is listed in patches/review.yaml, with its reason:
  - check: maintainers
    finding: nobody for drivers/Makefile$
    why: that file is everybody's";

/// What `review` is told.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// Leave out what builds
    #[arg(long)]
    quick: bool,
    /// Make these checks only
    #[arg(long, value_name = "CHECK", value_delimiter = ',')]
    only: Vec<String>,
    /// The flavor whose series are looked at; guests are booted for the default only
    #[arg(long, value_name = "NAME", default_value = WHOLE)]
    flavor: String,
    #[command(flatten)]
    permission: Permission,
}

impl Options {
    /// What the checks may need that are made if none is named. What the guests boot is made of all
    /// series, and says nothing of a part of them.
    fn most(&self) -> Needs {
        match (self.quick, self.flavor.as_str()) {
            (true, _) => Needs::Scripts,
            (false, WHOLE) => Needs::Guests,
            (false, _) => Needs::Builds,
        }
    }
}

/// What came of a check.
struct Outcome {
    check: &'static Check,
    found: Vec<Finding>,
    accepted: usize,
    elapsed: Duration,
}

/// Makes the checks that need no build, for who is about to send the series.
pub(crate) fn quick(project: &Project) -> Result<()> {
    let options = Options {
        quick: true,
        only: Vec::new(),
        flavor: WHOLE.to_owned(),
        permission: Permission::default(),
    };
    run(project, &options)
}

/// Makes the checks, and shows what they found and a table.
pub(crate) fn run(project: &Project, options: &Options) -> Result<()> {
    let checks = checks::selected(&options.only, options.most())?;
    let most = checks.iter().map(|check| check.needs).max();
    let mut needs = vec![Need::Tree, Need::Review, Need::Lints];
    if most >= Some(Needs::Builds) {
        needs.extend([Need::Build, Need::ReviewBuilds]);
    }
    doctor::require(project, &needs, options.permission)?;
    let list = accepted::load(&project.patches().join("review.yaml"))?;
    let mut lock = Some(Lock::wait(&project.target)?);
    let stage = Stage::start("review: apply the patches");
    let subject = Subject::load(project, &options.flavor)?;
    stage.done(subject.git.dir().display());
    let all = options.flavor == WHOLE;
    let mut outcomes = Vec::new();
    for check in checks {
        if check.needs == Needs::Guests {
            // For the one that builds their kernels.
            lock.take();
        }
        let started = Instant::now();
        let stage = Stage::start(format!("review: {}", check.name));
        let found = (check.run)(&subject).with_context(|| format!("check {}", check.name))?;
        let (found, accepted) = accepted::sort(&list, check.name, all, found);
        stage.done(table::verdict(found.len(), accepted));
        outcomes.push(Outcome {
            check,
            found,
            accepted,
            elapsed: started.elapsed(),
        });
    }
    print!("{}{}", table::findings(&outcomes), table::table(&outcomes));
    let failed: Vec<_> = outcomes.iter().filter(|o| !o.found.is_empty()).collect();
    if !failed.is_empty() {
        let names: Vec<_> = failed.iter().map(|o| o.check.name).collect();
        let count: usize = failed.iter().map(|o| o.found.len()).sum();
        bail!(
            "{count} findings, of {}: they stand above",
            names.join(", ")
        );
    }
    Ok(())
}
