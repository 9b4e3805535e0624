// SPDX-License-Identifier: MIT OR Apache-2.0

//! A series of several patches has a cover letter that is about these patches.

use anyhow::Result;

use super::finding::Finding;
use super::patch::Patch;
use super::subject::{Series, Subject};

/// Series without one, and cover letters that are of another state of the series.
pub(crate) fn check(subject: &Subject) -> Result<Vec<Finding>> {
    let mut found = Vec::new();
    for series in &subject.series {
        match &series.cover {
            Some(cover) => found.extend(of_cover(series, cover)),
            None if series.patches.len() > 1 => found.push(Finding::of_all(
                series,
                "has no cover letter; write cover-letter.txt, its first line the subject, \
                 and run `cargo xtask refresh`",
            )),
            None => {}
        }
    }
    Ok(found)
}

fn of_cover(series: &Series, cover: &Patch) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut add = |what: String| found.push(Finding::of(series, cover, what));
    // As git format-patch leaves it for whoever writes it.
    let is_blank = |text: &str| text.trim().is_empty() || text.contains("*** ");
    if is_blank(&cover.subject) || cover.body.first().is_none_or(|line| is_blank(line)) {
        add("is not written; its prose belongs into cover-letter.txt".to_owned());
    }
    let count = format!("/{}", series.patches.len());
    if !cover.tag.ends_with(&count) {
        add(format!(
            "says [{}], and there are {} patches",
            cover.tag,
            series.patches.len()
        ));
    }
    // Long subjects are folded in the list.
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let listed = words(&cover.body.join(" "));
    for patch in series
        .patches
        .iter()
        .filter(|patch| !listed.contains(&words(&patch.subject)))
    {
        add(format!(
            "does not list `{}`; run `cargo xtask refresh`",
            patch.subject
        ));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::patch::tests::mail;
    use super::super::subject::tests::subject;
    use super::*;

    /// What is found in two patches with this cover letter.
    fn found(cover: Option<(&str, &str)>) -> Vec<String> {
        let patch = |title: &str| mail(title, "Why.", "a.c", &["-a", "+b"]);
        let patches = vec![patch("connector: Do this"), patch("connector: Do that")];
        let mut subject = subject("net", patches);
        subject.series[0].cover = cover.map(|(title, body)| {
            let mut cover = mail(title, body, "a.c", &[]);
            "PATCH net 0/2".clone_into(&mut cover.tag);
            cover
        });
        let found = check(&subject).unwrap();
        found.into_iter().map(|finding| finding.what).collect()
    }

    #[test]
    fn a_cover_letter_lists_the_patches() {
        let body = "Why all.\n\nA (2):\n  connector: Do this\n  connector:\n    Do that";
        assert_eq!(found(Some(("connector: Do", body))), [""; 0]);
    }

    #[test]
    fn missing_blank_and_stale_ones_are_found() {
        assert!(found(None)[0].contains("has no cover letter"));
        let list = "A (2):\n  connector: Do this\n  connector: Do that";
        let blank = format!("*** BLURB HERE ***\n\n{list}");
        assert!(found(Some(("*** SUBJECT HERE ***", &blank)))[0].contains("not written"));
        let stale = "Why.\n\nA (2):\n  connector: Do this\n  connector: Do the other";
        let stale = found(Some(("connector: Do", stale)));
        assert!(
            stale[0].contains("does not list `connector: Do that`"),
            "{stale:?}"
        );
    }

    #[test]
    fn a_cover_letter_that_counts_otherwise_is_found() {
        let patch = mail("connector: Do this", "Why.", "a.c", &["-a", "+b"]);
        let mut subject = subject("net", vec![patch]);
        let cover = mail("connector: Do", "Why.\n\n  connector: Do this", "a.c", &[]);
        subject.series[0].cover = Some(cover);
        assert!(check(&subject).unwrap()[0].what.contains("[PATCH net 1/2]"));
    }
}
