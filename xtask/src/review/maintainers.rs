// SPDX-License-Identifier: MIT OR Apache-2.0

//! Everything that is touched has somebody who looks after it.

use std::collections::BTreeMap;

use anyhow::Result;

use super::finding::Finding;
use super::patch::Patch;
use super::subject::{Series, Subject};
use crate::script::{on_all, report, script};

/// The part of MAINTAINERS that has all of `rust/` and `samples/rust/`. Its people want what is
/// added there to have maintainers of its own.
const ALL_OF_RUST: &str = "RUST";

/// Files that nobody looks after, and new ones that nobody does in particular.
pub(crate) fn check(subject: &Subject) -> Result<Vec<Finding>> {
    let mut files: BTreeMap<&str, (&Series, &Patch, bool)> = BTreeMap::new();
    for (series, patch, _) in subject.patches() {
        for file in &patch.files {
            files
                .entry(&file.path)
                .or_insert((series, patch, file.is_new));
        }
    }
    // What a later patch removes again, or what does not apply, is not there.
    files.retain(|path, _| subject.git.dir().join(path).is_file());
    let files: Vec<_> = files.into_iter().collect();
    let found = on_all(&files, |(path, (series, patch, is_new))| {
        let wrong = wrong(&sections(subject, path)?, path, *is_new);
        Ok(wrong.map(|what| Finding::of(series, patch, what)))
    })?;
    Ok(found.into_iter().flatten().collect())
}

/// The parts of MAINTAINERS that name a person or a list for a file. The part that has the rest,
/// with a list that gets everything, is not among them.
fn sections(subject: &Subject, path: &str) -> Result<Vec<String>> {
    let mut command = script(&subject.git, "scripts/get_maintainer.pl");
    command
        .args(["--no-git", "--no-git-fallback", "--rolestats"])
        .args(["-f", path]);
    let output = report(&mut command)?;
    // As `A. Name <address> (maintainer:RUST [SYNC],reviewer:RUST)` or `list@address (open list:RUST)`.
    let roles = output.lines().filter_map(|line| {
        let (_, roles) = line.split_once("> (").or_else(|| line.split_once(" ("))?;
        roles.strip_suffix(')')
    });
    let mut sections: Vec<String> = roles
        .flat_map(|roles| roles.split(','))
        .filter_map(|role| Some(role.split_once(':')?.1.to_owned()))
        .collect();
    sections.sort();
    sections.dedup();
    Ok(sections)
}

fn wrong(sections: &[String], path: &str, is_new: bool) -> Option<String> {
    if sections.is_empty() {
        return Some(format!("get_maintainer finds nobody for {path}"));
    }
    let general = sections.iter().all(|section| section == ALL_OF_RUST);
    (is_new && general).then(|| {
        format!("adds {path}, which only {ALL_OF_RUST} in MAINTAINERS has; add an entry for it")
    })
}

#[cfg(test)]
mod tests {
    use super::super::subject::tests::real;

    #[test]
    fn a_file_that_nobody_looks_after_is_found() {
        let text = "// SPDX-License-Identifier: GPL-2.0\n";
        let of = |path| real(super::check, path, |_| text).bad;
        assert_eq!(
            of("nowhere/a.c"),
            ["get_maintainer finds nobody for nowhere/a.c"]
        );
        assert_eq!(of("drivers/connector/new.c"), [""; 0]);
        assert!(of("rust/kernel/new.rs")[0].contains("add an entry"));
        assert_eq!(of("rust/kernel/sync/new.rs"), [""; 0]);
    }
}
