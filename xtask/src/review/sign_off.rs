// SPDX-License-Identifier: MIT OR Apache-2.0

//! Nobody has signed for anybody: the patches carry no sign-off, which only the person who sends
//! them can add, and one author.

use anyhow::Result;

use super::finding::Finding;
use super::patch::Patch;
use super::subject::Subject;

/// What only a person can say, who then sends the patch.
const BY_A_PERSON: [&str; 2] = ["Signed-off-by", "Co-developed-by"];

/// Sign-offs, authors in the message, and authors that differ.
pub(crate) fn check(subject: &Subject) -> Result<Vec<Finding>> {
    let mut found = Vec::new();
    let first = subject.patches().next().map(|(_, patch, _)| &patch.author);
    for (series, patch, _) in subject.patches() {
        let mut add = |what: String| found.push(Finding::of(series, patch, what));
        for name in BY_A_PERSON {
            if patch.trailers(name).next().is_some() {
                add(format!("carries a {name}; only who sends it can add one"));
            }
        }
        if patch
            .body
            .first()
            .is_some_and(|line| line.starts_with("From:"))
        {
            add("names its author in the message; the header does that".to_owned());
        }
        if !is_person(patch) {
            add(format!(
                "is from `{}`, which is no NAME <ADDRESS>",
                patch.author
            ));
        } else if first.is_some_and(|first| *first != patch.author) {
            add(format!(
                "is from {}, and the first one is not",
                patch.author
            ));
        }
    }
    Ok(found)
}

fn is_person(patch: &Patch) -> bool {
    let parts = patch
        .author
        .strip_suffix('>')
        .and_then(|a| a.split_once(" <"));
    parts.is_some_and(|(name, address)| !name.is_empty() && address.contains('@'))
}

#[cfg(test)]
mod tests {
    use super::super::patch::tests::mail;
    use super::super::subject::tests::subject;
    use super::*;

    fn found(change: impl Fn(&mut Patch)) -> Vec<String> {
        let good = mail("connector: Do it", "Why.", "a.c", &["-a", "+b"]);
        let mut bad = good.clone();
        change(&mut bad);
        let found = check(&subject("net", vec![good, bad])).unwrap();
        found.into_iter().map(|finding| finding.what).collect()
    }

    #[test]
    fn what_nobody_signed_passes() {
        assert_eq!(found(|_| ()), [""; 0]);
    }

    #[test]
    fn sign_offs_and_odd_authors_are_found() {
        let line = |line: &'static str| move |patch: &mut Patch| patch.body.push(line.to_owned());
        assert_eq!(found(line("Signed-off-by: A <a@b>")).len(), 1);
        assert_eq!(found(line("Co-developed-by: A <a@b>")).len(), 1);
        let in_message = |patch: &mut Patch| patch.body.insert(0, "From: A <a@b>".to_owned());
        assert_eq!(found(in_message).len(), 1);
        let from = |who: &'static str| move |patch: &mut Patch| who.clone_into(&mut patch.author);
        assert_eq!(found(from("B <b@localhost>")).len(), 1);
        assert_eq!(found(from("root")).len(), 1);
    }
}
