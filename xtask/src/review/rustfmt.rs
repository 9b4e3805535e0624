// SPDX-License-Identifier: MIT OR Apache-2.0

//! The files in Rust are formatted after every patch, by the kernel's rules.

use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use super::finding::Finding;
use super::subject::Subject;
use crate::process;
use crate::script::on_all;

/// The edition of the kernel's Rust, which rustfmt asks for when it reads from a pipe.
const EDITION: &str = "2021";

/// How many lines of a difference show what is meant.
const EXCERPT: usize = 12;

/// Each file that rustfmt would change after the patch that touches it.
pub(crate) fn check(subject: &Subject) -> Result<Vec<Finding>> {
    let mut places = Vec::new();
    for (series, patch, commit) in subject.patches() {
        let Some(commit) = commit else { continue };
        let files = patch.files.iter().filter(|file| !file.is_gone);
        let files = files.filter(|file| file.path.ends_with(".rs"));
        places.extend(files.map(|file| (series, patch, commit, file.path.as_str())));
    }
    let found = on_all(&places, |(series, patch, commit, path)| {
        let difference = difference(subject, commit, path)?;
        Ok(difference.map(|lines| {
            let what = format!("rustfmt would change {path}");
            Finding::of(series, patch, what).showing(lines.lines().take(EXCERPT))
        }))
    })?;
    Ok(found.into_iter().flatten().collect())
}

/// What rustfmt would change in a file of a commit.
fn difference(subject: &Subject, commit: &str, path: &str) -> Result<Option<String>> {
    let git = &subject.git;
    let content = process::capture(&mut git.command(&["show", &format!("{commit}:{path}")]))?;
    // From a pipe, because it would look for the modules that a file in a folder names.
    let mut file = tempfile::tempfile().context("cannot make a temporary file")?;
    std::io::Write::write_all(&mut file, content.as_bytes())
        .and_then(|()| std::io::Seek::rewind(&mut file))
        .context("cannot write a temporary file")?;
    let mut command = Command::new("rustfmt");
    command
        .args(["--check", "--color", "never", "--edition", EDITION])
        .arg("--config-path")
        .arg(git.dir().join(".rustfmt.toml"));
    let (status, output, errors) = process::collect_from(&mut command, Stdio::from(file))?;
    // What it reads from a pipe and would change is no failure to it.
    let same = status.success() && output.is_empty();
    Ok((!same).then(|| format!("{output}{errors}")))
}

#[cfg(test)]
mod tests {
    use super::super::subject::tests::real;

    #[test]
    fn unformatted_rust_is_found() {
        let found = real(
            super::check,
            "drivers/connector/new.rs",
            |line| match line {
                "bad" => "// SPDX-License-Identifier: GPL-2.0\nfn a( ) {}\n",
                _ => "// SPDX-License-Identifier: GPL-2.0\nfn a() {}\nmod other;\n",
            },
        );
        assert_eq!(found.bad, ["rustfmt would change drivers/connector/new.rs"]);
        assert_eq!(found.good, [""; 0]);
    }
}
