// SPDX-License-Identifier: MIT OR Apache-2.0

//! `cargo xtask doctor`, and the same check before every build and boot.

mod compilers;
mod components;
mod disk;
mod finding;
mod folders;
mod install;
mod installer;
mod miri;
mod tools;

use anyhow::{Result, bail};
use clap::Args;

use crate::accel::{self, Choice};
use crate::arch::Arch;
use crate::project::Project;
use crate::qemu::Qemu;
use crate::scenario;
use finding::Finding;
use install::Plan;

/// What `doctor` is told.
#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    permission: Permission,
}

/// Whether the doctor may change the machine.
#[derive(Args, Clone, Copy, Default)]
pub(crate) struct Permission {
    /// Install what lacks, through sudo if need be (for a build or a test root need not say so)
    #[arg(long)]
    install: bool,
}

/// What is about to be done.
pub(crate) enum Need<'a> {
    /// The sources are fetched, and a work tree is made of them.
    Tree,
    /// The same, and a kernel is built.
    Build,
    /// A guest is booted, with these programs of the distribution in it.
    Boot(Arch, &'a [String]),
    /// The project's own code is formatted and linted.
    Lints,
    /// Tests are interpreted.
    Miri,
    /// The series are looked at with the kernel's scripts.
    Review,
    /// They are built, and looked at with tools that take part in it.
    ReviewBuilds,
}

/// Shows everything that is needed, what is there of it, and how to get the rest.
pub(crate) fn run(project: &Project, options: &Options) -> Result<()> {
    let scenarios = scenario::load_all(&project.payloads().join("scenarios"))?;
    let programs: Vec<_> = scenarios.into_iter().flat_map(|s| s.programs).collect();
    let needs = [
        Need::Build,
        Need::Boot(Arch::default(), &programs),
        Need::Lints,
        Need::Miri,
        Need::Review,
        Need::ReviewBuilds,
    ];
    let findings = look(project, &needs);
    for finding in &findings {
        println!("{}", finding.line());
    }
    println!("{}", accelerator());
    for folder in [&project.target, &project.cache] {
        println!("{}", disk::line(folder)?);
    }
    folders::require(project)?;
    let again = || lacking(look(project, &needs));
    settle(
        project,
        lacking(findings),
        options.permission.install,
        again,
    )
}

/// Makes sure that everything is there that `needs` take: installs what lacks if that is allowed,
/// else an error says which command would. Nothing makes room on a disk that is full.
pub(crate) fn require(project: &Project, needs: &[Need], permission: Permission) -> Result<()> {
    if needs
        .iter()
        .any(|need| matches!(need, Need::Tree | Need::Build))
    {
        folders::require(project)?;
    }
    let builds = needs.iter().any(|need| matches!(need, Need::Build));
    if builds {
        disk::require(&[&project.target, &project.cache])?;
    }
    let allowed = permission.install || install::is_root();
    let look = || lacking(look(project, needs));
    settle(project, look(), allowed, look)
}

/// A finding for each thing, once.
fn look(project: &Project, needs: &[Need]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for need in needs {
        let these = match need {
            Need::Tree => tools::to_check_out(),
            Need::Build => [
                tools::to_check_out(),
                tools::to_build(),
                compilers::findings(project),
            ]
            .concat(),
            Need::Boot(arch, programs) => tools::to_boot(*arch, programs),
            Need::Lints => components::findings(),
            Need::Miri => vec![miri::finding()],
            Need::Review => tools::to_review(),
            Need::ReviewBuilds => {
                let mut findings = tools::to_review_builds();
                findings.extend(compilers::clippy());
                findings
            }
        };
        for finding in these {
            if !findings.contains(&finding) {
                findings.push(finding);
            }
        }
    }
    findings
}

fn lacking(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.retain(|finding| !finding.fit);
    findings
}

fn settle(
    project: &Project,
    lacking: Vec<Finding>,
    install: bool,
    again: impl Fn() -> Vec<Finding>,
) -> Result<()> {
    if lacking.is_empty() {
        return Ok(());
    }
    let plan = Plan::with_apt(&lacking, install)?;
    if !install {
        bail!(
            "this machine lacks {}; run `cargo xtask doctor --install`, or: {}",
            names(&lacking),
            install::advice(project, &plan)?
        );
    }
    plan.carry_out(project)?;
    let still = again();
    if !still.is_empty() {
        bail!("installed, and still lacking: {}", names(&still));
    }
    Ok(())
}

fn names(findings: &[Finding]) -> String {
    let names: Vec<_> = findings
        .iter()
        .map(|finding| finding.name.as_str())
        .collect();
    names.join(", ")
}

/// What would run the guests, and why.
fn accelerator() -> String {
    let chosen =
        Qemu::find(Arch::default(), None).and_then(|qemu| accel::choose(Choice::Auto, &qemu));
    match chosen {
        Ok(accelerator) => format!("{:8}{:20}{}", "ok", "accelerator", accelerator.reason),
        Err(error) => format!("{:8}{:20}{error:#}", "MISSING", "accelerator"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::scratch;
    use finding::Remedy;

    fn lack() -> Vec<Finding> {
        vec![Finding {
            name: "left-handed screwdriver".to_owned(),
            found: None,
            minimum: None,
            fit: false,
            remedy: Remedy::packages(&["no-such-package-at-all"]),
        }]
    }

    #[test]
    fn what_lacks_stops_the_work_with_what_to_do() {
        let (_folder, project) = scratch();
        let error = settle(&project, lack(), false, Vec::new)
            .unwrap_err()
            .to_string();
        assert_eq!(
            error,
            "this machine lacks left-handed screwdriver; run `cargo xtask doctor --install`, \
             or: install left-handed screwdriver by hand"
        );
        settle(&project, Vec::new(), false, lack).unwrap();
    }

    #[test]
    fn what_cannot_be_installed_is_said() {
        let (_folder, project) = scratch();
        let error = settle(&project, lack(), true, Vec::new)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("no package brings left-handed screwdriver"),
            "{error}"
        );
    }
}
