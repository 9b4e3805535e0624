// SPDX-License-Identifier: MIT OR Apache-2.0

//! Which scenarios run on which flavors.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use initramfs::plan::{Call, Step};

use crate::arch::Arch;
use crate::flavor::Flavor;
use crate::payload;
use crate::project::Project;
use crate::scenario::{self, Scenario};

/// What runs if nobody says what.
const PRODUCT: &str = "rust";

/// The flavors by name, or, if none is named, all that are for `arch`; and what they are all for. It
/// is an error if one does not exist.
pub(super) fn flavors(
    project: &Project,
    arch: Option<Arch>,
    names: &[String],
) -> Result<(Arch, Vec<String>)> {
    let chosen = match (names, arch) {
        ([], None) => vec![Flavor::named(project, PRODUCT)?],
        ([], Some(arch)) => Flavor::of(project, arch)?,
        (names, _) => {
            let named = names.iter().map(|name| Flavor::named(project, name));
            named.collect::<Result<_>>()?
        }
    };
    let first = chosen.first().map(|flavor| flavor.arch);
    let arch = arch.or(first).unwrap_or_default();
    let mut flavors = Vec::new();
    for flavor in chosen {
        let name = flavor.name;
        ensure!(
            flavor.arch == arch,
            "flavor {name} is not for {}, as the others or `--arch` are; run it by itself",
            arch.name()
        );
        ensure!(!flavors.contains(&name), "flavor {name} is named twice");
        flavors.push(name);
    }
    ensure!(!flavors.is_empty(), "no flavor is for {}", arch.name());
    Ok((arch, flavors))
}

/// The scenarios by name, of which each runs on one of `flavors` at least; if none is named, all, but
/// without `nightly` not on the flavors that only a nightly run boots.
pub(super) fn scenarios(
    project: &Project,
    payloads: &Path,
    flavors: &[String],
    names: &[String],
    nightly: bool,
) -> Result<Vec<Scenario>> {
    let all = scenario::load_all(&payloads.join("scenarios"))?;
    for scenario in &all {
        let flavors = scenario.flavors.iter().map(String::as_str);
        for name in flavors.chain(scenario.suppliers()) {
            let place = || format!("{}", scenario.path.display());
            let flavor = Flavor::named(project, name).with_context(place)?;
            let has_programs =
                !scenario.programs.is_empty() || !scenario.kernel_programs.is_empty();
            ensure!(
                !has_programs || flavor.arch.cross().is_none(),
                "{}: programs of this machine do not run on {name}: leave them or the flavor out",
                place()
            );
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
    if names.is_empty() && !nightly {
        for Scenario {
            flavors, nightly, ..
        } in &mut chosen
        {
            flavors.retain(|flavor| !nightly.contains(flavor));
        }
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
