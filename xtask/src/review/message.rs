// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the messages look like: subjects, bodies, widths.

use anyhow::Result;

use super::finding::Finding;
use super::patch::Patch;
use super::subject::Subject;

/// The most characters of a subject and of a line, after
/// Documentation/process/submitting-patches.rst.
const WIDTH: usize = 75;

/// What the messages of patches and the prose of cover letters have wrong.
pub(crate) fn check(subject: &Subject) -> Result<Vec<Finding>> {
    let mut found = Vec::new();
    for series in &subject.series {
        for patch in &series.patches {
            let wrong = [of_subject(patch), of_prefix(patch), of_body(patch)].concat();
            found.extend(
                wrong
                    .into_iter()
                    .map(|what| Finding::of(series, patch, what)),
            );
        }
        if let Some(cover) = &series.cover {
            let wrong = wide(prose(cover));
            found.extend(
                wrong
                    .into_iter()
                    .map(|what| Finding::of(series, cover, what)),
            );
        }
    }
    Ok(found)
}

fn of_subject(patch: &Patch) -> Vec<String> {
    let mut wrong = Vec::new();
    let width = patch.subject.chars().count();
    if width > WIDTH {
        wrong.push(format!(
            "the subject has {width} characters; at most {WIDTH} are read"
        ));
    }
    if patch.subject.ends_with('.') {
        wrong.push("the subject ends with a full stop; it is a heading".to_owned());
    }
    wrong
}

/// Each word before a colon is a place that the patch is about: a part of the path of a file that
/// it touches, or of what its lines name.
fn of_prefix(patch: &Patch) -> Vec<String> {
    let Some((prefix, summary)) = patch.subject.rsplit_once(": ") else {
        return vec!["the subject names no subsystem; begin it as `connector: `".to_owned()];
    };
    let mut wrong: Vec<_> = prefix
        .split(": ")
        .filter(|word| !is_place(word, patch))
        .map(|word| format!("the subject begins with `{word}:`, which is nothing it touches"))
        .collect();
    if !summary.starts_with(|c: char| c.is_alphabetic()) {
        wrong.push("the subject says nothing after its prefix".to_owned());
    }
    wrong
}

fn is_place(word: &str, patch: &Patch) -> bool {
    // What people call it, and where it is.
    let word = match word.to_lowercase().as_str() {
        "docs" | "doc" => "documentation".to_owned(),
        other => other.to_owned(),
    };
    patch.files.iter().any(|file| {
        let mut parts = file.path.split(['/', '.']);
        let lines = || file.added.iter().chain(&file.removed);
        parts.any(|part| part.to_lowercase() == word)
            || lines().any(|line| line.contains(&format!("{word}/")))
    })
}

fn of_body(patch: &Patch) -> Vec<String> {
    let is_prose = |line: &&String| !line.trim().is_empty() && !is_trailer(line);
    if !patch.body.iter().any(|line| is_prose(&line)) {
        return vec!["the message has no body; say why before what".to_owned()];
    }
    wide(patch.body.iter())
}

/// The lines that are too wide; those that are quoted (a log, a command), links and trailers may
/// be.
fn wide<'a>(lines: impl Iterator<Item = &'a String>) -> Vec<String> {
    lines
        .filter(|line| line.chars().count() > WIDTH)
        .filter(|line| !line.starts_with([' ', '\t']) && !line.contains("://") && !is_trailer(line))
        .map(|line| {
            let width = line.chars().count();
            format!("a line has {width} characters, and {WIDTH} are allowed: `{line}`")
        })
        .collect()
}

/// A line such as `Fixes: …` or `Reviewed-by: …`.
fn is_trailer(line: &str) -> bool {
    line.split_once(": ").is_some_and(|(name, _)| {
        let mut letters = name.chars();
        letters.next().is_some_and(|c| c.is_ascii_uppercase())
            && letters.all(|c| c.is_ascii_lowercase() || c == '-')
    })
}

/// What of a cover letter is written by hand: all before the list of authors.
fn prose(cover: &Patch) -> impl Iterator<Item = &String> {
    let is_author = |line: &str| line.ends_with("):") && line.contains('(');
    cover.body.iter().take_while(move |line| !is_author(line))
}

#[cfg(test)]
mod tests {
    use super::super::patch::tests::mail;
    use super::super::subject::tests::subject;
    use super::*;

    const PATH: &str = "drivers/connector/cn_queue.c";

    fn found(subject_line: &str, body: &str) -> Vec<String> {
        let patch = mail(subject_line, body, PATH, &["-a", "+b"]);
        let found = check(&subject("net", vec![patch])).unwrap();
        found.into_iter().map(|finding| finding.what).collect()
    }

    fn assert_found(subject_line: &str, body: &str, words: &str) {
        let found = found(subject_line, body);
        assert!(found.iter().any(|what| what.contains(words)), "{found:?}");
    }

    #[test]
    fn a_good_message_is_left_alone() {
        let quoted = format!(
            "Why.\n\n  {}\n\nLink: https://{}",
            "x".repeat(90),
            "y".repeat(90)
        );
        for prefix in ["connector", "connector: cn_queue", "drivers: connector"] {
            assert_eq!(found(&format!("{prefix}: Do it"), &quoted), [""; 0]);
        }
    }

    #[test]
    fn bad_subjects_are_found() {
        let long = format!("connector: {}", "x".repeat(70));
        assert_found(&long, "Why.", "the subject has 81 characters");
        assert_found("connector: Do it.", "Why.", "ends with a full stop");
        assert_found("Do it", "Why.", "names no subsystem");
        assert_found("netlink: Do it", "Why.", "begins with `netlink:`");
        assert_found("connector: : ", "Why.", "says nothing after its prefix");
    }

    #[test]
    fn missing_and_wide_bodies_are_found() {
        assert_found("connector: Do it", "", "no body");
        assert_found("connector: Do it", "Fixes: 0123456789ab (\"x\")", "no body");
        assert_found(
            "connector: Do it",
            &"word ".repeat(16),
            "a line has 80 characters",
        );
    }

    #[test]
    fn the_prose_of_a_cover_letter_is_held_to_its_width() {
        let mut subject = subject("net", Vec::new());
        let list = format!("\nA. Uthor (1):\n{}", "x".repeat(80));
        let cover = |prose: &str| mail("connector: All", &(prose.to_owned() + &list), PATH, &[]);
        subject.series[0].cover = Some(cover("Why."));
        assert_eq!(check(&subject).unwrap(), []);
        subject.series[0].cover = Some(cover(&"x".repeat(80)));
        assert_eq!(check(&subject).unwrap().len(), 1);
    }
}
