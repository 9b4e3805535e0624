// SPDX-License-Identifier: MIT OR Apache-2.0

//! No patch repairs an earlier one of its series: that one would have to be right in the first
//! place.

use std::collections::BTreeSet;

use anyhow::Result;

use super::finding::Finding;
use super::patch::Patch;
use super::subject::Subject;

/// What git writes before the subject of a commit that is to be melted into another one.
const MARKS: [&str; 3] = ["fixup!", "squash!", "amend!"];

/// A patch is a fix-up when one in so many of the lines that it changes takes back one that the
/// series has brought. In one that builds on earlier ones, new lines outnumber these by far.
const ONE_IN: usize = 3;

/// Patches that are marked so, that say so, or that mostly change what earlier ones brought.
pub(crate) fn check(subject: &Subject) -> Result<Vec<Finding>> {
    let mut found = Vec::new();
    for series in &subject.series {
        let mut brought = BTreeSet::new();
        for (index, patch) in series.patches.iter().enumerate() {
            let earlier = &series.patches[..index];
            let why = marked(patch).or_else(|| named(patch, earlier));
            if let Some(what) = why.or_else(|| taken_back(patch, &brought)) {
                found.push(Finding::of(series, patch, what));
            }
            let lines = |p: &Patch| lines(p, |file| &file.added).collect::<Vec<_>>();
            brought.extend(lines(patch));
        }
    }
    Ok(found)
}

fn marked(patch: &Patch) -> Option<String> {
    let mark = MARKS.iter().find(|mark| patch.subject.starts_with(*mark))?;
    Some(format!(
        "is marked `{mark}`; melt it into the patch that it is for"
    ))
}

fn named(patch: &Patch, earlier: &[Patch]) -> Option<String> {
    let fixed = earlier.iter().find(|earlier| {
        let title = format!("(\"{}\")", earlier.subject);
        patch.trailers("Fixes").any(|value| value.ends_with(&title))
    })?;
    Some(format!("repairs {}; melt it into that", fixed.name()))
}

fn taken_back(patch: &Patch, brought: &BTreeSet<(String, String)>) -> Option<String> {
    let back = lines(patch, |file| &file.removed)
        .filter(|line| brought.contains(line))
        .count();
    let changed: usize = patch
        .files
        .iter()
        .map(|f| f.added.len() + f.removed.len())
        .sum();
    (back > 0 && back * ONE_IN >= changed).then(|| {
        format!("takes back {back} lines of earlier patches in {changed}; melt it into those")
    })
}

/// The lines of a patch that say something, with their files.
fn lines(
    patch: &Patch,
    of: impl Fn(&super::patch::Change) -> &Vec<String>,
) -> impl Iterator<Item = (String, String)> {
    let speaks = |line: &str| line.chars().filter(|c| c.is_alphanumeric()).count() > 2;
    patch.files.iter().flat_map(move |file| {
        let lines = of(file).iter().map(|line| line.trim().to_owned());
        let lines: Vec<_> = lines.filter(|line| speaks(line)).collect();
        let path = file.path.clone();
        lines.into_iter().map(move |line| (path.clone(), line))
    })
}

#[cfg(test)]
mod tests {
    use super::super::patch::tests::mail;
    use super::super::subject::tests::subject;
    use super::*;

    fn found(subject_line: &str, body: &str, lines: &[&str]) -> Vec<Finding> {
        let first = mail(
            "connector: Add it",
            "Why.",
            "a.c",
            &["+int wrong;", "+int right;"],
        );
        let second = mail(subject_line, body, "a.c", lines);
        check(&subject("net", vec![first, second])).unwrap()
    }

    #[test]
    fn a_patch_that_builds_on_another_is_none() {
        let lines = ["-int wrong;", "+int a;", "+int b;", "+int c;"];
        assert_eq!(found("connector: Add more", "Why.", &lines), []);
        assert_eq!(
            found("connector: Repair it", "Why.", &["-int old;", "+int new;"]),
            []
        );
    }

    #[test]
    fn a_patch_that_repairs_another_of_the_series_is_found() {
        let lines = ["-int wrong;", "+int good;"];
        assert_eq!(found("connector: Polish it", "Why.", &lines).len(), 1);
        assert_eq!(
            found("fixup! connector: Add it", "Why.", &["+int c;"]).len(),
            1
        );
        let tag = "Why.\n\nFixes: 0123456789ab (\"connector: Add it\")";
        assert_eq!(found("connector: Repair it", tag, &["+int c;"]).len(), 1);
    }
}
