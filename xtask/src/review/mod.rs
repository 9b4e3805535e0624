// SPDX-License-Identifier: MIT OR Apache-2.0

//! `cargo xtask review`: the series as a maintainer would look at them.

mod accepted;
mod applies;
mod checkpatch;
mod cover;
mod finding;
mod fix_up;
mod fixes_tag;
mod maintainers;
mod message;
pub(crate) mod patch;
mod rustfmt;
mod sign_off;
mod size;
mod spdx;
mod subject;
mod table;

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::doctor::{self, Need, Permission};
use crate::lock::Lock;
use crate::project::Project;
use crate::stage::Stage;
use finding::Finding;
use subject::Subject;

/// The flavor that has all series.
pub(crate) const WHOLE: &str = "rust";

const EXAMPLES: &str = "\
Examples:
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
    /// Leave out what takes minutes; so far nothing does
    #[arg(long)]
    quick: bool,
    /// Make these checks only
    #[arg(long, value_name = "CHECK", value_delimiter = ',')]
    only: Vec<String>,
    /// The flavor whose series are looked at
    #[arg(long, value_name = "NAME", default_value = WHOLE)]
    flavor: String,
    #[command(flatten)]
    permission: Permission,
}

/// Something that is looked at.
struct Check {
    name: &'static str,
    /// What must be, in a few words.
    about: &'static str,
    run: fn(&Subject) -> Result<Vec<Finding>>,
}

/// In this order: what the others build on comes first.
const CHECKS: &[Check] = &[
    Check {
        name: "applies",
        about: "every patch applies to the untouched sources",
        run: applies::check,
    },
    Check {
        name: "size",
        about: "no series is too long",
        run: size::check,
    },
    Check {
        name: "cover",
        about: "a cover letter that is about these patches",
        run: cover::check,
    },
    Check {
        name: "message",
        about: "subjects and bodies of messages",
        run: message::check,
    },
    Check {
        name: "fixes-tag",
        about: "repairs name what they repair",
        run: fixes_tag::check,
    },
    Check {
        name: "sign-off",
        about: "one author, and nobody signed for anybody",
        run: sign_off::check,
    },
    Check {
        name: "fix-up",
        about: "no patch repairs an earlier one",
        run: fix_up::check,
    },
    Check {
        name: "maintainers",
        about: "somebody looks after every file",
        run: maintainers::check,
    },
    Check {
        name: "spdx",
        about: "licences that the kernel knows",
        run: spdx::check,
    },
    Check {
        name: "rustfmt",
        about: "Rust is formatted after every patch",
        run: rustfmt::check,
    },
    Check {
        name: "checkpatch",
        about: "checkpatch --strict has no objection",
        run: checkpatch::check,
    },
];

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
    let checks = selected(&options.only)?;
    doctor::require(project, &[Need::Review], options.permission)?;
    let list = accepted::load(&project.patches().join("review.yaml"))?;
    let _lock = Lock::wait(&project.target)?;
    let stage = Stage::start("review: apply the patches");
    let subject = Subject::load(project, &options.flavor)?;
    stage.done(subject.git.dir().display());
    let all = options.flavor == WHOLE;
    let mut outcomes = Vec::new();
    for check in checks {
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

fn selected(only: &[String]) -> Result<Vec<&'static Check>> {
    if only.is_empty() {
        return Ok(CHECKS.iter().collect());
    }
    let find = |name: &String| {
        let found = CHECKS.iter().find(|check| check.name == name);
        found.with_context(|| {
            let names: Vec<_> = CHECKS.iter().map(|check| check.name).collect();
            format!("there is no check {name}; there are {}", names.join(", "))
        })
    };
    only.iter().map(find).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_check_is_named_with_those_that_exist() {
        let Err(error) = selected(&["checkpach".to_owned()]) else {
            panic!("checkpach was found")
        };
        assert!(
            error
                .to_string()
                .starts_with("there is no check checkpach; there are applies, ")
        );
    }
}
