// SPDX-License-Identifier: MIT OR Apache-2.0

//! From commits to patches.

use super::*;

#[test]
fn a_refresh_exports_each_branch_for_its_tree_and_the_second_changes_nothing() {
    let fixture = Fixture::with_patches();
    let fix = fs::read_to_string(fixture.patch("fixes/0001-connector-Fix-it.patch")).unwrap();
    assert!(
        fix.starts_with(&format!("From {} ", "0".repeat(40))),
        "{fix}"
    );
    assert!(
        fix.contains("\nSubject: [PATCH net] connector: Fix it\n"),
        "{fix}"
    );
    let rust = fs::read_to_string(fixture.patch("rust/0002-connector-Add-more.patch")).unwrap();
    assert!(
        rust.contains("\nSubject: [PATCH net-next 2/2] connector: Add more\n"),
        "{rust}"
    );
    assert_eq!(
        fixture.tree().export(&series()).unwrap(),
        Vec::<String>::new()
    );
    assert_eq!(fixture.tree().state(&series()).unwrap(), State::Same);
}

#[test]
fn a_removed_commit_removes_its_patch() {
    let fixture = Fixture::with_patches();
    let git = Git::at(fixture.tree().folder(&series()));
    git.run(&["reset", "--quiet", "--hard", "HEAD~1"]).unwrap();
    let changed = fixture.tree().export(&series()).unwrap();
    assert_eq!(
        changed,
        [
            "patches/rust: removed 0002-connector-Add-more.patch",
            "patches/rust: wrote 0001-connector-Add-Rust.patch",
        ]
    );
}

#[test]
fn a_cover_letter_is_made_of_its_prose_and_is_no_patch() {
    let fixture = Fixture::with_patches();
    let prose = "connector: Say it in Rust\n\nWhy and how.\n";
    fs::write(fixture.patch("rust/cover-letter.txt"), prose).unwrap();
    let changed = fixture.tree().export(&series()).unwrap();
    assert_eq!(changed, ["patches/rust: wrote 0000-cover-letter.patch"]);
    let cover = fs::read_to_string(fixture.patch("rust/0000-cover-letter.patch")).unwrap();
    let subject = "\nSubject: [PATCH net-next 0/2] connector: Say it in Rust\n";
    assert!(
        cover.contains(subject) && cover.contains("\nWhy and how.\n"),
        "{cover}"
    );
    assert!(
        cover.contains("\nFrom: \"A. Uthor\" <author@localhost>\n"),
        "{cover}"
    );
    assert_eq!(
        fixture.tree().export(&series()).unwrap(),
        Vec::<String>::new()
    );
    let other = fixture.clone_patches();
    other.update().unwrap();
    assert_eq!(other.tree().state(&series()).unwrap(), State::Same);
}

#[test]
fn patches_that_the_tree_has_never_seen_are_not_overwritten() {
    let fixture = Fixture::with_patches();
    let folder = fixture.update().unwrap();
    let path = fixture.patch("rust/0002-connector-Add-more.patch");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("+// more rust", "+// pulled rust")).unwrap();
    fixture.commit(
        &folder,
        "drivers/mine.rs",
        "// mine\n",
        "connector: Add mine",
    );
    let error = fixture.tree().export(&series()).unwrap_err().to_string();
    assert!(error.contains("patches/rust has changed"), "{error}");
    assert!(fs::read_to_string(&path).unwrap().contains("pulled rust"));
}

#[test]
fn a_lower_branch_that_moved_must_be_built_on() {
    let fixture = Fixture::with_patches();
    let folder = fixture.tree().update(&series()[..1], None).unwrap();
    fixture.commit(
        &folder,
        "drivers/cn.c",
        &lines(&[(9, "fixed")]),
        "connector: Fix more",
    );
    fixture.tree().export(&series()[..1]).unwrap();
    match fixture.tree().state(&series()).unwrap() {
        State::Edited(work) => assert!(work.contains("rust is not on top of fixes"), "{work}"),
        other => panic!("{other:?}"),
    }
    let error = fixture.tree().export(&series()).unwrap_err().to_string();
    assert!(error.contains("rust is not on top of fixes"), "{error}");
}
