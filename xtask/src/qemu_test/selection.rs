// SPDX-License-Identifier: MIT OR Apache-2.0

//! Which scenarios run on which flavors.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use initramfs::plan::{Call, Step};

use crate::flavor::Flavor;
use crate::payload;
use crate::project::Project;
use crate::scenario::{self, Scenario};

/// The flavors by name; one that does not exist is an error.
pub(super) fn flavors(project: &Project, names: &[String]) -> Result<Vec<String>> {
    let mut flavors = Vec::new();
    for name in names {
        let flavor = Flavor::named(project, name)?.name;
        ensure!(!flavors.contains(&flavor), "flavor {flavor} is named twice");
        flavors.push(flavor);
    }
    Ok(flavors)
}

/// The scenarios by name, of which each runs on one of `flavors` at least.
pub(super) fn scenarios(
    project: &Project,
    payloads: &Path,
    flavors: &[String],
    names: &[String],
) -> Result<Vec<Scenario>> {
    let all = scenario::load_all(&payloads.join("scenarios"))?;
    for scenario in &all {
        let flavors = scenario.flavors.iter().map(String::as_str);
        for flavor in flavors.chain(scenario.suppliers()) {
            Flavor::named(project, flavor)
                .with_context(|| format!("{}", scenario.path.display()))?;
        }
    }
    let runs_here = |scenario: &Scenario| scenario.flavors.iter().any(|f| flavors.contains(f));
    let mut chosen = scenario::select(all, names)?;
    if let Some(other) = chosen.iter().find(|s| !names.is_empty() && !runs_here(s)) {
        bail!(
            "scenario {} does not run on {}; it does on {}",
            other.name,
            flavors.join(", "),
            other.flavors.join(", ")
        );
    }
    chosen.retain(runs_here);
    ensure!(
        !chosen.is_empty(),
        "no scenario runs on {}",
        flavors.join(", ")
    );
    for scenario in &chosen {
        for name in scenario.payloads() {
            payload::check(payloads, name)
                .with_context(|| format!("{}", scenario.path.display()))?;
        }
    }
    Ok(chosen)
}

/// The flavors that are not booted, but whose modules the scenarios load.
pub(super) fn suppliers(scenarios: &[Scenario], booted: &[String]) -> BTreeSet<String> {
    scenarios
        .iter()
        .flat_map(Scenario::suppliers)
        .filter(|flavor| !booted.iter().any(|name| name == flavor))
        .map(str::to_owned)
        .collect()
}

/// The scenarios with their steps, and below a step the tests of the group that it runs.
pub(super) fn list(scenarios: &[Scenario], binaries: &Path) -> Result<String> {
    let mut text = String::new();
    for scenario in scenarios {
        let flavors = scenario.flavors.join(", ");
        text += &format!("{} ({flavors}): {}\n", scenario.name, scenario.about);
        for step in scenario.steps() {
            text += &format!("  {step}\n");
            let Step::Run(Call { program, arguments }) = step else {
                continue;
            };
            let in_group = |test: &&String| {
                let group = test.split('/').next();
                arguments.iter().any(|argument| group == Some(argument))
            };
            for test in payload::tests(binaries, program)?.iter().filter(in_group) {
                text += &format!("    {test}\n");
            }
        }
    }
    Ok(text)
}
