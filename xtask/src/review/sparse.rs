// SPDX-License-Identifier: MIT OR Apache-2.0

//! sparse finds nothing new in the touched files in C.

use std::collections::BTreeSet;

use anyhow::Result;

use super::finding::Finding;
use super::subject::Subject;
use super::warnings::Warning;
use super::workshop::Workshop;

/// The configurations in which files are looked at: some are for one core only.
const FLAVORS: [&str; 2] = ["review-c", "review-rust"];

/// What is in here is included in one file, which is what is compiled.
const HELPERS: (&str, &str) = ("rust/helpers/", "rust/helpers/helpers.o");

/// What `make C=2` says after the last patch and not before the first.
pub(crate) fn check(subject: &Subject) -> Result<Vec<Finding>> {
    let mut new = BTreeSet::new();
    for flavor in FLAVORS {
        let workshop = Workshop::open(subject, flavor)?;
        let before = of(&workshop, subject, &subject.base()?)?;
        let after = of(&workshop, subject, &subject.tip()?)?;
        new.extend(after.difference(&before).cloned());
    }
    Ok(subject.about_touched("sparse", &new))
}

fn of(workshop: &Workshop, subject: &Subject, commit: &str) -> Result<BTreeSet<Warning>> {
    workshop.touch(commit)?;
    let targets = targets(subject.touched(), |folder| {
        let folder = subject.git.dir().join(folder);
        ["Makefile", "Kbuild"]
            .iter()
            .any(|name| folder.join(name).is_file())
    });
    let arguments = ["C=2", "CHECK=sparse"].into_iter();
    let all: Vec<_> = arguments
        .chain(targets.iter().map(String::as_str))
        .collect();
    workshop.make(commit, &all)
}

/// What to make so that those of `paths` are compiled that the configuration has: their folders, as
/// far as `builds` says that the kernel builds something there.
fn targets(paths: BTreeSet<&str>, builds: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let units = paths.into_iter().filter(|path| path.ends_with(".c"));
    units
        .filter_map(|path| {
            let (folder, _) = path.rsplit_once('/')?;
            match path.starts_with(HELPERS.0) {
                true => Some(HELPERS.1.to_owned()),
                false => builds(folder).then(|| format!("{folder}/")),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_folder_that_is_built_is_made_and_helpers_once() {
        let paths = [
            "drivers/a.c",
            "drivers/b.c",
            "gone/c.c",
            "rust/helpers/a.c",
            "rust/helpers/net/b.c",
            "rust/a.rs",
        ];
        let targets = targets(paths.into(), |folder| folder != "gone");
        let targets: Vec<_> = targets.iter().map(String::as_str).collect();
        assert_eq!(targets, ["drivers/", "rust/helpers/helpers.o"]);
    }
}
