// SPDX-License-Identifier: MIT OR Apache-2.0

//! The tarball of kernel.org, whose sum is in a signed list.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::pin::KernelOrg;
use super::{checksum, download};
use crate::process;
use crate::project::Project;

/// Fetches the tarball, or goes on fetching it, and checks it.
pub(crate) fn fetch(project: &Project, pin: &KernelOrg, downloads: &Path) -> Result<PathBuf> {
    let name = file_name(&pin.tarball);
    let expected = signed_sum(project, pin, downloads, name)?;
    let tarball = downloads.join(name);
    if !tarball.exists() {
        let partial = downloads.join(format!("{name}.partial"));
        download::run(project, &mut curl(&pin.tarball, &partial), &partial)?;
        checksum::verify_or_remove(&partial, &expected)?;
        std::fs::rename(&partial, &tarball)
            .with_context(|| format!("cannot move {} into place", partial.display()))?;
    }
    checksum::verify_or_remove(&tarball, &expected)?;
    Ok(tarball)
}

/// The sum of `name` in the list that the pinned key has signed. The list is fetched once: it is
/// kept, with the key, and checked at each use.
fn signed_sum(project: &Project, pin: &KernelOrg, downloads: &Path, name: &str) -> Result<String> {
    let list = downloads.join(format!("{name}.sums.asc"));
    let key = downloads.join(format!("{}.key", pin.fingerprint));
    for (from, to) in [(&pin.sums, &list), (&pin.key, &key)] {
        if !to.exists() {
            let partial = to.with_extension("partial");
            download::run(project, &mut curl(from, &partial), &partial)?;
            std::fs::rename(&partial, to)
                .with_context(|| format!("cannot move {} into place", partial.display()))?;
        }
    }
    match signed_text(&list, &key, &pin.fingerprint) {
        Ok(text) => {
            sum_of(&text, name).with_context(|| format!("{} has no sum of {name}", pin.sums))
        }
        Err(error) => {
            for path in [&list, &key] {
                std::fs::remove_file(path)
                    .with_context(|| format!("cannot remove {}", path.display()))?;
            }
            Err(error.context(format!("{} is not signed as it should be", pin.sums)))
        }
    }
}

/// What of `list` is covered by the signature of the key with that fingerprint.
fn signed_text(list: &Path, key: &Path, fingerprint: &str) -> Result<String> {
    let out = tempfile::NamedTempFile::new().context("cannot make a temporary file")?;
    let mut gpgv = Command::new("gpgv");
    gpgv.args(["--status-fd", "1", "--keyring"])
        .arg(key)
        .arg("--output")
        .arg(out.path())
        .arg(list);
    let status = process::capture(&mut gpgv)?;
    // "[GNUPG:] VALIDSIG FINGERPRINT DATE … FINGERPRINT-OF-PRIMARY-KEY"
    let signer = status
        .lines()
        .find_map(|line| line.strip_prefix("[GNUPG:] VALIDSIG "))
        .and_then(|rest| rest.split_whitespace().last());
    if signer != Some(fingerprint) {
        bail!(
            "wrong signer\n  expected {fingerprint}\n  found    {}",
            signer.unwrap_or("none")
        );
    }
    std::fs::read_to_string(out.path()).context("cannot read what is signed")
}

fn sum_of(text: &str, name: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let (sum, file) = line.split_once("  ")?;
        (file == name).then(|| sum.to_owned())
    })
}

fn file_name(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or(url)
}

fn curl(from: &str, to: &Path) -> Command {
    let mut curl = Command::new("curl");
    curl.args(["--fail", "--location", "--silent", "--show-error"])
        .args([
            "--retry",
            "3",
            "--connect-timeout",
            "20",
            "--continue-at",
            "-",
            "--output",
        ])
        .arg(to)
        .arg(from);
    curl
}
