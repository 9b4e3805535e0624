// SPDX-License-Identifier: MIT OR Apache-2.0

//! The mails of two small patches in Rust, and of the fix below them.

use super::*;
use crate::submit::sender::tests::somebody;
use crate::tree::tests::Fixture;

/// A commit of the kernel's own repository.
const PUBLIC: &str = "0123456789abcdef0123456789abcdef01234567";

/// The mails and their texts.
fn made(series: &str, reroll: u32, base: Option<&str>) -> Vec<(Letter, String)> {
    let fixture = Fixture::with_patches();
    let patches = fixture.project.patches();
    let prose = "connector: Add two things\n\nThey are needed.\n";
    fs::write(patches.join(series).join(COVER), prose).unwrap();
    let below = match series {
        "rust" => vec!["fixes".to_owned()],
        _ => Vec::new(),
    };
    let mails = Mails {
        project: &fixture.project,
        pin: &fixture.pin,
        sender: &somebody(),
        below: &below,
        series,
        reroll,
        base,
        previous: None,
        out: fixture.project.target.join("submit"),
    };
    let letters = mails.make().unwrap().into_iter();
    letters
        .map(|letter| {
            let text = read(&letter.path).unwrap();
            (letter, text)
        })
        .collect()
}

/// The value of a header, without the lines that go on with it.
fn header<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (head, _) = text.split_once("\n\n")?;
    let mut lines = head.lines();
    lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

#[test]
fn every_patch_answers_the_cover_letter_which_comes_first() {
    let mails = made("rust", 1, None);
    let subjects: Vec<_> = mails.iter().map(|(letter, _)| &*letter.subject).collect();
    assert_eq!(
        subjects,
        [
            "[PATCH net-next 0/2] connector: Add two things",
            "[PATCH net-next 1/2] connector: Add Rust",
            "[PATCH net-next 2/2] connector: Add more",
        ]
    );
    let cover = header(&mails[0].1, "Message-ID").unwrap();
    assert!(cover.contains('@'), "{cover}");
    assert_eq!(header(&mails[0].1, "In-Reply-To"), None);
    assert!(mails[0].1.contains("\nThey are needed.\n"));
    for (_, text) in &mails[1..] {
        assert_eq!(header(text, "In-Reply-To"), Some(cover), "{text}");
        assert_eq!(header(text, "References"), Some(cover), "{text}");
        assert_ne!(header(text, "Message-ID"), Some(cover), "{text}");
    }
}

#[test]
fn another_attempt_says_which_it_is() {
    let mails = made("rust", 2, None);
    assert!(mails[2].0.subject.starts_with("[PATCH net-next v2 2/2] "));
}

#[test]
fn the_base_is_the_commit_that_others_have_and_what_is_below_is_named() {
    let cover = &made("rust", 1, Some(PUBLIC))[0].1;
    assert!(
        cover.contains(&format!("\nbase-commit: {PUBLIC}\n")),
        "{cover}"
    );
    let below = cover.matches("prerequisite-patch-id: ").count();
    assert_eq!(below, 1, "{cover}");
    let own = &made("rust", 1, None)[0].1;
    assert!(
        own.contains("\nbase-commit: ") && !own.contains(PUBLIC),
        "{own}"
    );
}

#[test]
fn the_sender_signs_off_and_the_author_stays() {
    for (_, text) in &made("rust", 1, None)[1..] {
        let signed = "\nSigned-off-by: Ada Sender <ada@localhost>\n---\n";
        assert!(text.contains(signed), "{text}");
        assert_eq!(text.matches("Signed-off-by: ").count(), 1, "{text}");
        // A name with a dot in it is quoted in a mail.
        let author = "\"A. Uthor\" <author@localhost>";
        assert_eq!(header(text, "From"), Some(author));
    }
}

#[test]
fn a_mail_goes_to_whom_the_patch_concerns_and_the_cover_letter_to_all() {
    for (letter, text) in &made("rust", 1, None) {
        assert_eq!(header(text, "To"), Some("R. Ust <r@localhost>"), "{text}");
        assert_eq!(header(text, "Cc"), Some("list@localhost"), "{text}");
        assert_eq!(letter.recipients.to.len(), 1);
    }
}

#[test]
fn what_nobody_looks_after_goes_to_the_list() {
    let mails = made("fixes", 1, None);
    assert_eq!(mails.len(), 2);
    assert!(mails[1].0.subject.starts_with("[PATCH net 1/1] "));
    for (_, text) in &mails {
        assert_eq!(header(text, "To"), Some("list@localhost"), "{text}");
        assert_eq!(header(text, "Cc"), None, "{text}");
    }
}
