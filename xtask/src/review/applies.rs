// SPDX-License-Identifier: MIT OR Apache-2.0

//! Every patch applies to the untouched pinned tree, one after the other.

use anyhow::Result;

use super::finding::Finding;
use super::subject::Subject;

/// The first patch that does not apply.
pub(crate) fn check(subject: &Subject) -> Result<Vec<Finding>> {
    let unfit = subject.unfit.iter().map(|(series, patch, why)| {
        let series = &subject.series[*series];
        Finding::of(series, &series.patches[*patch], why.clone())
    });
    Ok(unfit.collect())
}

#[cfg(test)]
mod tests {
    use super::super::patch::Patch;
    use super::super::subject::tests::subject;
    use super::*;
    use crate::git::Git;

    #[test]
    fn a_patch_that_does_not_fit_is_found_with_its_hunk() {
        let folder = tempfile::tempdir().unwrap();
        let git = Git::at(folder.path().join("tree"));
        std::fs::create_dir(git.dir()).unwrap();
        git.run(&["init", "--quiet"]).unwrap();
        std::fs::write(git.dir().join("cn.c"), "one\ntwo\n").unwrap();
        git.run(&["add", "--all"]).unwrap();
        let author = ["-c", "user.name=a", "-c", "user.email=a@localhost"];
        git.run(
            &[
                author.as_slice(),
                &["commit", "--quiet", "--message", "base"],
            ]
            .concat(),
        )
        .unwrap();
        let patch = |name: &str, old: &str, new: &str| {
            let text = format!(
                "From: A <a@localhost>\nDate: Mon, 23 Nov 2026 20:42:37 +0000\n\
                 Subject: [PATCH] connector: Change\n\nWhy.\n---\n\
                 diff --git a/cn.c b/cn.c\n--- a/cn.c\n+++ b/cn.c\n\
                 @@ -1,2 +1,2 @@\n one\n-{old}\n+{new}\n"
            );
            let path = folder.path().join(name);
            std::fs::write(&path, &text).unwrap();
            Patch::parse(path, &text)
        };
        let patches = vec![
            patch("0001-a.patch", "two", "2"),
            patch("0002-b.patch", "two", "3"),
        ];
        let Subject {
            project, series, ..
        } = subject("net", patches);
        let subject = Subject::apply(project, series, git);
        assert_eq!(subject.series[0].commits.len(), 1);
        let found = check(&subject).unwrap();
        assert_eq!(found[0].place.as_deref(), Some("0002-b.patch"));
        assert!(found[0].what.contains("hunk 1 of 1"), "{}", found[0].what);
    }
}
