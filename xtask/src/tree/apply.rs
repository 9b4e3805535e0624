// SPDX-License-Identifier: MIT OR Apache-2.0

//! Applying a series with `git am`, and saying which hunk of which patch does not fit.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::git::Git;
use crate::process;

/// Applies `patches` in their order on top of what is checked out; on failure the work tree is left
/// as it was. White space that git warns about is a failure too.
pub(crate) fn apply(git: &Git, patches: &[PathBuf]) -> Result<()> {
    if patches.is_empty() {
        return Ok(());
    }
    let arguments = [
        "am",
        "--whitespace=error",
        "--committer-date-is-author-date",
    ];
    let (status, output, errors) = process::collect(git.command(&arguments).args(patches))?;
    if status.success() {
        return Ok(());
    }
    git.run(&["am", "--abort"])
        .context("cannot undo a series that was applied halfway")?;
    // git says "Applying: SUBJECT" for each patch that it begins.
    let begun = output
        .lines()
        .filter(|line| line.starts_with("Applying: "))
        .count();
    let patch = patches
        .get(begun.saturating_sub(1))
        .map_or(Path::new("the series"), PathBuf::as_path);
    bail!(
        "{} does not apply: {}",
        patch.display(),
        reason(patch, &errors)
    )
}

/// git's own words, and the hunk that they are about.
fn reason(patch: &Path, errors: &str) -> String {
    let text = std::fs::read_to_string(patch).unwrap_or_default();
    let told: Vec<_> = errors
        .lines()
        .filter_map(|line| line.strip_prefix("error: "))
        .map(
            |line| match failed_hunk(line).and_then(|(file, start)| hunk(&text, file, start)) {
                Some(hunk) => format!("{line}, hunk {hunk}"),
                None => line.to_owned(),
            },
        )
        .collect();
    match told.as_slice() {
        [] => errors.trim().to_owned(),
        told => told.join("; "),
    }
}

/// Reads `patch failed: drivers/connector/connector.c:12`.
fn failed_hunk(line: &str) -> Option<(&str, &str)> {
    line.strip_prefix("patch failed: ")?.rsplit_once(':')
}

/// `2 of 3 (@@ -12,7 +12,9 @@ static int foo)`: the hunk of `file` whose old lines begin at `start`.
fn hunk(patch: &str, file: &str, start: &str) -> Option<String> {
    let headers: Vec<&str> = patch
        .lines()
        .skip_while(|line| *line != format!("--- a/{file}"))
        .skip(1)
        .take_while(|line| !line.starts_with("diff --git "))
        .filter(|line| line.starts_with("@@ -"))
        .collect();
    let index = headers.iter().position(|header| {
        let old = header.trim_start_matches("@@ -");
        old.split([',', ' ']).next() == Some(start)
    })?;
    Some(format!(
        "{} of {} ({})",
        index + 1,
        headers.len(),
        headers[index]
    ))
}
