// SPDX-License-Identifier: MIT OR Apache-2.0

//! sparse finds nothing new in the touched files in C.

use std::collections::BTreeSet;

use anyhow::Result;

use super::finding::Finding;
use super::subject::Subject;
use super::warnings::Warning;
use super::workshop::Workshop;

/// All of these are included in one file, which is what is compiled.
const HELPERS: (&str, &str) = ("rust/helpers/", "rust/helpers/helpers.o");

/// What `make C=2` says after the last patch and not before the first.
pub(crate) fn check(subject: &Subject) -> Result<Vec<Finding>> {
    let workshop = Workshop::open(subject, "review-rust")?;
    let before = of(&workshop, subject, &subject.base()?)?;
    let after = of(&workshop, subject, &subject.tip()?)?;
    let new = after.difference(&before).cloned().collect();
    Ok(subject.about_touched("sparse", &new))
}

fn of(workshop: &Workshop, subject: &Subject, commit: &str) -> Result<BTreeSet<Warning>> {
    workshop.touch(commit)?;
    let objects = objects(subject.touched(), |path| {
        subject.git.dir().join(path).is_file()
    });
    let arguments = ["C=2", "CHECK=sparse"].into_iter();
    let targets: Vec<_> = arguments
        .chain(objects.iter().map(String::as_str))
        .collect();
    workshop.make(commit, &targets)
}

/// The objects that are made of those of `paths` that there are.
fn objects(paths: BTreeSet<&str>, is_there: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let units = paths.into_iter().filter(|path| is_there(path));
    units
        .filter_map(|path| {
            let name = path.strip_suffix(".c")?;
            Some(match path.starts_with(HELPERS.0) {
                true => HELPERS.1.to_owned(),
                false => format!("{name}.o"),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_unit_that_is_there_is_made_and_helpers_once() {
        let paths = [
            "drivers/a.c",
            "drivers/b.c",
            "rust/helpers/a.c",
            "rust/helpers/b.c",
            "a.rs",
        ];
        let objects = objects(paths.into(), |path| path != "drivers/b.c");
        let objects: Vec<_> = objects.iter().map(String::as_str).collect();
        assert_eq!(objects, ["drivers/a.o", "rust/helpers/helpers.o"]);
    }
}
