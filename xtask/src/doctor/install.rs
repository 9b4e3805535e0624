// SPDX-License-Identifier: MIT OR Apache-2.0

//! Getting what lacks: the distribution's packages, and what other installers bring.

use std::process::Command;

use anyhow::{Context, Result, bail};
use nix::unistd::geteuid;

use super::finding::Finding;
use super::installer::Installer;
use crate::ask::ask;
use crate::process;
use crate::project::Project;
use crate::stage::Stage;
use crate::toolchain::which;
use crate::version::Version;

/// What gets everything that lacks.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    /// The packages to be installed.
    pub(crate) packages: Vec<String>,
    /// What brings what no package does.
    pub(crate) installers: Vec<Installer>,
    /// What no package that apt knows would bring.
    pub(crate) helpless: Vec<String>,
}

impl Plan {
    /// For each of `lacking` the first group of packages that is to be had new enough;
    /// `candidate` gives the version of a package that would be installed.
    pub(crate) fn new(
        lacking: &[Finding],
        mut candidate: impl FnMut(&str) -> Option<Version>,
    ) -> Self {
        let mut plan = Self::default();
        for finding in lacking {
            let oldest = finding.minimum.unwrap_or(Version::new(0, 0, 0));
            let group = finding.remedy.packages.iter().find(|group| {
                let mut versions = group.iter().map(|name| candidate(name));
                let first = versions.next().flatten();
                first.is_some_and(|version| version >= oldest) && versions.all(|v| v.is_some())
            });
            match group {
                Some(group) => plan.packages.extend(group.iter().cloned()),
                None => match finding.remedy.otherwise {
                    Some(installer) if plan.installers.contains(&installer) => {}
                    Some(installer) => plan.installers.push(installer),
                    None => plan.helpless.push(finding.name.clone()),
                },
            }
        }
        plan.packages.sort();
        plan.packages.dedup();
        plan
    }

    /// The plan with what this machine's apt has.
    ///
    /// Before anything is installed (`may_update`) the lists are fetched anew. Old ones, such as an
    /// image of a machine brings, name other versions than apt would then install: a clang of
    /// another LLVM than that of the rustc, say.
    pub(crate) fn with_apt(lacking: &[Finding], may_update: bool) -> Result<Self> {
        let packages = lacking.iter().any(|f| !f.remedy.packages.is_empty());
        if which("apt-get").is_some() && packages && may_update {
            ask_for_password()?;
            update()?;
        }
        Ok(Self::new(lacking, candidate))
    }

    /// The commands that do it, as one would type them.
    pub(crate) fn commands(&self, project: &Project) -> Vec<String> {
        let mut commands = Vec::new();
        if !self.packages.is_empty() {
            commands.push(process::shown(&apt_get(&["update"])));
            commands.push(process::shown(&self.install_packages()));
        }
        for installer in &self.installers {
            commands.push(process::shown(&installer.command(project)));
        }
        commands
    }

    /// Does it, naming the packages first; an error says at the end what cannot be done.
    pub(crate) fn carry_out(&self, project: &Project) -> Result<()> {
        if !self.packages.is_empty() {
            eprintln!(
                "       … installing the packages {}",
                self.packages.join(" ")
            );
            run(
                project,
                &mut self.install_packages(),
                "doctor: install packages",
            )?;
        }
        for installer in &self.installers {
            let name = installer.name();
            run(project, &mut installer.command(project), &name)?;
        }
        if !self.helpless.is_empty() {
            bail!(
                "no package brings {}; install it by hand",
                self.helpless.join(", ")
            );
        }
        Ok(())
    }

    fn install_packages(&self) -> Command {
        let mut command = apt_get(&["install", "--yes", "--no-install-recommends"]);
        command.args(&self.packages);
        command
    }
}

/// Whether packages may be installed without being asked.
pub(crate) fn is_root() -> bool {
    geteuid().is_root()
}

/// Lets sudo ask on the terminal, which a command that is logged cannot.
fn ask_for_password() -> Result<()> {
    if is_root() {
        return Ok(());
    }
    let status = Command::new("sudo")
        .arg("--validate")
        .status()
        .context("cannot run sudo; run this as root")?;
    if !status.success() {
        bail!("sudo refuses; run this as root");
    }
    Ok(())
}

fn update() -> Result<()> {
    let stage = Stage::start("doctor: look what packages there are");
    process::capture(&mut apt_get(&["update", "--quiet"]))?;
    stage.done("apt's lists are fresh");
    Ok(())
}

/// `apt-get` that asks nothing, through sudo if need be.
fn apt_get(arguments: &[&str]) -> Command {
    let words = match is_root() {
        true => ["env"].as_slice(),
        false => &["sudo", "env"],
    };
    let mut command = Command::new(words[0]);
    command
        .args(&words[1..])
        .args(["DEBIAN_FRONTEND=noninteractive", "apt-get"])
        .args(arguments);
    command
}

fn run(project: &Project, command: &mut Command, name: &str) -> Result<()> {
    let log = project.log("install.log")?;
    let mut stage = Stage::start(name);
    let mut last = String::new();
    let status = process::run_logged(command, &log, |line| {
        line.clone_into(&mut last);
        stage.progress(line);
    })?;
    if !status.success() {
        bail!(
            "`{}` failed ({status}): {last}\nlog: {}",
            process::shown(command),
            log.display()
        );
    }
    stage.done("done");
    Ok(())
}

/// The version of a package that apt would install; none if it knows no such package.
fn candidate(package: &str) -> Option<Version> {
    let said = ask("apt-cache", &["policy", package]).ok()?;
    let line = said
        .lines()
        .find_map(|line| line.trim().strip_prefix("Candidate: "))?;
    (line != "(none)").then(|| Version::find(line).unwrap_or(Version::new(0, 0, 0)))
}

/// How to say in one line what to do about what lacks.
pub(crate) fn advice(project: &Project, plan: &Plan) -> Result<String> {
    let mut parts = plan.commands(project);
    if !plan.helpless.is_empty() {
        parts.push(format!("install {} by hand", plan.helpless.join(", ")));
    }
    let all = parts.join(" && ");
    (!all.is_empty()).then_some(all).context("nothing lacks")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Remedy;

    fn lacking(
        name: &str,
        minimum: Version,
        groups: &[&[&str]],
        otherwise: Option<Installer>,
    ) -> Finding {
        let group = |names: &&[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Finding {
            name: name.to_owned(),
            found: None,
            minimum: Some(minimum),
            fit: false,
            remedy: Remedy {
                packages: groups.iter().map(group).collect(),
                otherwise,
            },
        }
    }

    /// Debian 12, as far as it matters.
    fn bookworm(package: &str) -> Option<Version> {
        match package {
            "rustc" | "rust-src" => Some(Version::new(1, 63, 0)),
            "rustc-web" | "rust-web-src" => Some(Version::new(1, 96, 0)),
            "bindgen" => Some(Version::new(0, 60, 1)),
            "flex" => Some(Version::new(2, 6, 4)),
            _ => None,
        }
    }

    #[test]
    fn the_first_packages_that_are_new_enough_are_taken() {
        let usual: &[&str] = &["rustc", "rust-src"];
        let web: &[&str] = &["rustc-web", "rust-web-src"];
        let half: &[&str] = &["rustc-web", "no-such-package"];
        let rustc = lacking("rustc", Version::new(1, 85, 0), &[usual, half, web], None);
        let flex = lacking("flex", Version::new(2, 5, 35), &[&["flex"]], None);
        let plan = Plan::new(&[rustc, flex], bookworm);
        assert_eq!(plan.packages, ["flex", "rust-web-src", "rustc-web"]);
        assert!(plan.installers.is_empty() && plan.helpless.is_empty());
    }

    #[test]
    fn other_installers_are_asked_and_what_nothing_brings_is_said() {
        let bindgen = lacking(
            "bindgen",
            Version::new(0, 71, 1),
            &[&["bindgen"]],
            Some(Installer::Cargo),
        );
        let clang = lacking("clang", Version::new(17, 0, 1), &[&["clang-22"]], None);
        let miri = lacking("Miri", Version::new(0, 1, 0), &[], Some(Installer::Rustup));
        let plan = Plan::new(&[bindgen, clang, miri], bookworm);
        assert!(plan.packages.is_empty());
        assert_eq!(plan.installers, [Installer::Cargo, Installer::Rustup]);
        assert_eq!(plan.helpless, ["clang"]);
    }
}
