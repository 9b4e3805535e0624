// SPDX-License-Identifier: MIT OR Apache-2.0

//! The tarball in Debian's package of the sources, fetched without touching the system's apt.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow, bail};

use super::pin::Debian;
use super::{checksum, download};
use crate::process;
use crate::project::Project;
use crate::stage::Stage;

/// The keys that sign Debian's archive, from the package `debian-archive-keyring`.
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// apt's own tool to fetch a file: it goes on with what is there, and knows the machine's proxies.
const APT_HELPER: &str = "/usr/lib/apt/apt-helper";

/// Where the package installs its tarball, and where apt keeps what it fetched.
const ON_THE_MACHINE: [&str; 2] = ["/usr/src", "/var/cache/apt/archives"];

/// The tarball if the machine has it, checked: kept from before, installed with its package, or in
/// a package that apt has fetched.
pub(crate) fn find(pin: &Debian, downloads: &Path) -> Result<Option<PathBuf>> {
    let kept = downloads.join(&pin.tarball);
    if kept.exists() {
        checksum::verify_or_remove(&kept, &pin.tarball_sha256)?;
        return Ok(Some(kept));
    }
    let [installed, fetched] = ON_THE_MACHINE.map(Path::new);
    let installed = installed.join(&pin.tarball);
    if installed.exists() && checksum::sha256(&installed)? == pin.tarball_sha256 {
        return Ok(Some(installed));
    }
    let package = fetched.join(file_name(pin));
    if package.exists() && checksum::sha256(&package)? == pin.package_sha256 {
        return extract(pin, &package, downloads).map(Some);
    }
    Ok(None)
}

/// Fetches the package, or goes on fetching it, checks it, and takes the tarball out of it.
pub(crate) fn fetch(project: &Project, pin: &Debian, downloads: &Path) -> Result<PathBuf> {
    let package = downloads.join(file_name(pin));
    if !package.exists() {
        let url = locate(project, pin)?;
        let partial = package.with_extension("partial");
        let mut helper = Command::new(APT_HELPER);
        helper.arg("download-file").arg(&url).arg(&partial);
        download::run(project, &mut helper, &partial)?;
        std::fs::rename(&partial, &package)
            .with_context(|| format!("cannot move {} into place", partial.display()))?;
    }
    checksum::verify_or_remove(&package, &pin.package_sha256)?;
    let tarball = extract(pin, &package, downloads)?;
    std::fs::remove_file(&package)
        .with_context(|| format!("cannot remove {}", package.display()))?;
    Ok(tarball)
}

/// What the archive calls the package's file.
fn file_name(pin: &Debian) -> String {
    format!("{}_{}_all.deb", pin.package, pin.version)
}

fn extract(pin: &Debian, package: &Path, downloads: &Path) -> Result<PathBuf> {
    let tarball = downloads.join(&pin.tarball);
    let partial = downloads.join(format!("{}.partial", pin.tarball));
    let script = r#"set -e; dpkg-deb --fsys-tarfile "$1" | tar -xO "$2" >"$3""#;
    process::capture(
        Command::new("sh")
            .args(["-c", script, "sh"])
            .arg(package)
            .arg(format!("./usr/src/{}", pin.tarball))
            .arg(&partial),
    )
    .with_context(|| format!("cannot unpack {}", package.display()))?;
    checksum::verify_or_remove(&partial, &pin.tarball_sha256)?;
    std::fs::rename(&partial, &tarball)
        .with_context(|| format!("cannot move {} into place", partial.display()))?;
    Ok(tarball)
}

/// Where the pinned package is to be had, asked with an apt configuration of our own.
fn locate(project: &Project, pin: &Debian) -> Result<String> {
    if !Path::new(APT_HELPER).exists() {
        bail!("this machine has no apt");
    }
    if !Path::new(KEYRING).exists() {
        bail!("{KEYRING} is missing; install debian-archive-keyring");
    }
    let stage = Stage::start(format!("source: look for {} {}", pin.package, pin.version));
    let mut reasons = Vec::new();
    for archive in archives()? {
        match ask(project, pin, &archive) {
            Ok(url) => {
                stage.done("found");
                return Ok(url);
            }
            Err(error) => reasons.push(format!("{error:#}")),
        }
    }
    Err(anyhow!(
        "none of the machine's package archives has {} {} in {}: {}",
        pin.package,
        pin.version,
        pin.suite,
        reasons.join("; ")
    ))
}

/// The archives that the machine's own apt knows; the one that calls itself `Debian` comes first.
fn archives() -> Result<Vec<String>> {
    let format = "$(LABEL)|$(REPO_URI)";
    let told = crate::ask::ask("apt-get", &["indextargets", "--format", format])?;
    let known: BTreeSet<(bool, &str)> = told
        .lines()
        .filter_map(|line| line.split_once('|'))
        .map(|(label, uri)| (label != "Debian", uri))
        .collect();
    if known.is_empty() {
        bail!("this machine's apt has no package archive");
    }
    Ok(known.into_iter().map(|(_, uri)| uri.to_owned()).collect())
}

/// The address of the pinned package in `archive`.
fn ask(project: &Project, pin: &Debian, archive: &str) -> Result<String> {
    let folder = project.cache.join("apt");
    let lists = folder.join("lists");
    std::fs::create_dir_all(lists.join("partial"))
        .with_context(|| format!("cannot make {}", lists.display()))?;
    let sources = folder.join("sources.list");
    let line = format!("deb [signed-by={KEYRING}] {archive} {} main\n", pin.suite);
    std::fs::write(&sources, line)
        .with_context(|| format!("cannot write {}", sources.display()))?;
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command
            .arg(format!("-oDir::Etc::SourceList={}", sources.display()))
            .arg("-oDir::Etc::SourceParts=-")
            .arg(format!("-oDir::State::Lists={}", lists.display()))
            .arg(format!("-oDir::Cache={}", folder.display()))
            .args(arguments);
        process::capture(&mut command)
    };
    apt(&["update", "--error-on=any"])?;
    let wanted = format!("{}={}", pin.package, pin.version);
    let told = apt(&["download", "--print-uris", &wanted])?;
    // 'ADDRESS' FILE SIZE SUM
    told.trim()
        .strip_prefix('\'')
        .and_then(|rest| rest.split_once('\''))
        .map(|(url, _)| url.to_owned())
        .with_context(|| format!("apt-get gave no address: {told}"))
}
