// SPDX-License-Identifier: MIT OR Apache-2.0

//! `cargo xtask misuse`: whether the compiler refuses what a driver's author must not do.

mod file;
mod said;

use std::fs;

use anyhow::{Context, Result, ensure};
use clap::Args;

use self::file::Outcome;
use crate::doctor::{self, Need, Permission};
use crate::kernel;
use crate::project::Project;

/// How much of what the compiler said is shown of a file, in characters.
const EXCERPT: usize = 90;

const HELP: &str = "\
test-payloads/misuse has drivers that do what they must not. The kernel's build has compiled each for
itself. The lines that must be refused are marked with the error that must come there: `//~ E0277`
at their end, or `//~^ E0277` in the line after. A file without a mark must compile.";

/// The flavor whose API must refuse them.
const FLAVOR: &str = "rust";

/// What `misuse` is told.
#[derive(Args)]
#[command(after_help = HELP)]
pub(crate) struct Options {
    #[command(flatten)]
    permission: Permission,
}

/// Prints what came of each file; an error says of which the compiler should have thought
/// otherwise.
pub(crate) fn run(project: &Project, options: &Options) -> Result<()> {
    doctor::require(project, &[Need::Build], options.permission)?;
    let sources = kernel::misuse::sources(project);
    let said = said::read(&kernel::misuse(project, FLAVOR)?)?;
    let mut outcomes = Vec::new();
    for name in kernel::misuse::names(&sources)? {
        let path = sources.join(&name).with_extension("rs");
        let cannot = || format!("cannot read {}", path.display());
        let text = fs::read_to_string(&path).with_context(cannot)?;
        let marks = file::marks(&text).with_context(cannot)?;
        outcomes.push(file::judge(&name, &marks, said.get(&name)));
    }
    print!("{}", table(&outcomes));
    let wrong: Vec<_> = outcomes
        .iter()
        .flat_map(|outcome| {
            let name = &outcome.name;
            outcome
                .wrong
                .iter()
                .map(move |why| format!("{name}.rs: {why}"))
        })
        .collect();
    ensure!(
        wrong.is_empty(),
        "the compiler does not refuse exactly what is marked:\n  {}\n\
         the files are in {}, and the API is rust/kernel/net/connector in the work tree",
        wrong.join("\n  "),
        sources.display()
    );
    Ok(())
}

/// A line a file.
fn table(outcomes: &[Outcome]) -> String {
    let width = outcomes.iter().map(|o| o.name.len()).max().unwrap_or(0);
    let line = |outcome: &Outcome| {
        let Outcome { name, what, wrong } = outcome;
        let verdict = if wrong.is_empty() { "ok" } else { "FAILED" };
        let excerpt: String = what.chars().take(EXCERPT).collect();
        let rest = if excerpt == *what { "" } else { "…" };
        format!("{verdict:6}  {name:width$}  {excerpt}{rest}\n")
    };
    outcomes.iter().map(line).collect()
}

#[cfg(test)]
mod tests;
