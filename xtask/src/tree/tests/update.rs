// SPDX-License-Identifier: MIT OR Apache-2.0

//! From patches to commits, and what stands in the way.

use super::*;

#[test]
fn another_checkout_makes_and_exports_the_same() {
    let first = Fixture::with_patches();
    let second = first.clone_patches();
    assert_eq!(second.tree().state(&series()).unwrap(), State::Behind);
    let folder = second.update().unwrap();
    assert_eq!(
        fs::read_to_string(folder.join("drivers/cn.rs")).unwrap(),
        "// more rust\n"
    );
    assert_eq!(second.tree().state(&series()).unwrap(), State::Same);
    assert_eq!(
        second.tree().export(&series()).unwrap(),
        Vec::<String>::new()
    );
    let content = |fixture: &Fixture| {
        fixture
            .tree()
            .repository()
            .text(&["rev-parse", "rust^{tree}"])
            .unwrap()
    };
    assert_eq!(content(&first), content(&second));
    // A flavor that ends below has a folder of its own.
    let fixes = second.tree().update(&series()[..1], None).unwrap();
    assert_eq!(
        fs::read_to_string(fixes.join("drivers/cn.c")).unwrap(),
        lines(&[(3, "fixed")])
    );
}

#[test]
fn what_is_not_exported_is_never_thrown_away() {
    let fixture = Fixture::with_patches();
    let folder = fixture.tree().folder(&series());
    fixture.commit(
        &folder,
        "drivers/new.rs",
        "// new\n",
        "connector: Add a file",
    );
    let edited = |what: &str| match fixture.tree().state(&series()).unwrap() {
        State::Edited(work) => assert!(work.contains(what), "{work}"),
        other => panic!("{other:?} instead of {what}"),
    };
    edited("branch rust has commits that are not exported");
    let error = fixture.update().unwrap_err().to_string();
    assert!(error.contains("cargo xtask refresh"), "{error}");
    assert!(folder.join("drivers/new.rs").exists());

    fixture.tree().export(&series()).unwrap();
    fixture.update().unwrap();
    fs::write(folder.join("drivers/untracked.rs"), "").unwrap();
    edited("has an uncommitted change in drivers/untracked.rs");
    Git::at(&folder)
        .run(&["checkout", "--quiet", "--detach"])
        .unwrap();
    edited("is not on branch rust");
}

#[test]
fn patches_that_somebody_changed_are_applied_from_the_first_that_differs() {
    let fixture = Fixture::with_patches();
    let folder = fixture.update().unwrap();
    let before = Git::at(&folder).text(&["rev-parse", "HEAD~1"]).unwrap();
    let path = fixture.patch("rust/0002-connector-Add-more.patch");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("+// more rust", "+// other rust")).unwrap();
    assert_eq!(fixture.tree().state(&series()).unwrap(), State::Behind);
    fixture.update().unwrap();
    assert_eq!(
        fs::read_to_string(folder.join("drivers/cn.rs")).unwrap(),
        "// other rust\n"
    );
    assert_eq!(
        Git::at(&folder).text(&["rev-parse", "HEAD~1"]).unwrap(),
        before
    );
    assert_eq!(fixture.tree().state(&series()).unwrap(), State::Same);
}

#[test]
fn a_patch_that_does_not_apply_is_named_with_its_hunk_and_nothing_changes() {
    let fixture = Fixture::with_patches();
    let folder = fixture.update().unwrap();
    let path = fixture.patch("fixes/0002-connector-Break.patch");
    let hunks = "@@ -1,3 +1,3 @@\n line 1\n-line 2\n+two\n fixed\n\
                 @@ -11,3 +11,3 @@ line 10\n line 11\n-line of nobody\n+twelve\n line 13\n";
    let mail = format!(
        "From 0 Mon Sep 17 00:00:00 2001\nFrom: A <a@localhost>\n\
         Date: Tue, 3 Feb 2026 04:05:06 +0000\nSubject: [PATCH net 2/2] connector: Break\n\n---\n\
         diff --git a/drivers/cn.c b/drivers/cn.c\n--- a/drivers/cn.c\n+++ b/drivers/cn.c\n{hunks}"
    );
    fs::write(&path, mail).unwrap();
    let error = fixture.update().unwrap_err().to_string();
    assert!(
        error.contains("0002-connector-Break.patch does not apply"),
        "{error}"
    );
    assert!(
        error.contains("hunk 2 of 2 (@@ -11,3 +11,3 @@ line 10)"),
        "{error}"
    );
    assert_eq!(Git::at(&folder).branch().unwrap().as_deref(), Some("rust"));
    assert_eq!(
        Git::at(&folder).uncommitted().unwrap(),
        Vec::<String>::new()
    );
    fs::remove_file(path).unwrap();
    assert_eq!(fixture.tree().state(&series()).unwrap(), State::Same);
}

#[test]
fn a_first_patch_that_does_not_apply_can_be_mended_and_applied_again() {
    let first = Fixture::with_patches();
    let second = first.clone_patches();
    let path = second.patch("fixes/0001-connector-Fix-it.patch");
    let good = fs::read_to_string(&path).unwrap();
    fs::write(&path, good.replace("-line 3", "-line of nobody")).unwrap();
    let error = second.update().unwrap_err().to_string();
    assert!(error.contains("hunk 1 of 1"), "{error}");
    fs::write(&path, good).unwrap();
    second.update().unwrap();
}

#[test]
fn a_lower_series_that_somebody_changed_moves_all_above_it() {
    let fixture = Fixture::with_patches();
    let fixes = fixture.tree().update(&series()[..1], None).unwrap();
    let path = fixture.patch("fixes/0001-connector-Fix-it.patch");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("+fixed", "+fixed well")).unwrap();
    let rust = fixture.update().unwrap();
    for folder in [fixes, rust] {
        let text = fs::read_to_string(folder.join("drivers/cn.c")).unwrap();
        assert_eq!(text, lines(&[(3, "fixed well")]));
    }
    assert_eq!(fixture.tree().state(&series()).unwrap(), State::Same);
    assert_eq!(fixture.tree().state(&series()[..1]).unwrap(), State::Same);
}

#[test]
fn an_interrupted_import_is_begun_anew() {
    let fixture = Fixture::new();
    let partial = fixture.project.target.join("tree/linux.partial");
    fs::create_dir_all(&partial).unwrap();
    fs::write(partial.join("half"), "").unwrap();
    fixture.update().unwrap();
    assert!(!partial.exists());
    assert!(!fixture.tree().folder(&[]).join("half").exists());
}

#[test]
fn sources_of_another_version_or_place_are_refused() {
    let fixture = Fixture::new();
    let other = fixture.source.with_file_name("other");
    fs::create_dir_all(&other).unwrap();
    fs::write(other.join("Makefile"), MAKEFILE.replace("= 3", "= 2")).unwrap();
    let error = fixture
        .tree()
        .update(&[], Some(&other))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("is Linux 7.2.4, but the series are made for 7.3.4"),
        "{error}"
    );
    fixture.update().unwrap();
    fixture.update().unwrap();
    let error = fixture
        .tree()
        .update(&[], Some(&other))
        .unwrap_err()
        .to_string();
    assert!(error.contains("was made from other sources"), "{error}");
    let mut bumped = fixture;
    bumped.pin.version = "7.3.5".to_owned();
    let error = bumped.update().unwrap_err().to_string();
    assert!(
        error.contains("is not the tree that patches/linux.yaml pins"),
        "{error}"
    );
}

#[test]
fn commits_on_a_lower_branch_count_also_while_the_upper_one_is_missing() {
    let fixture = Fixture::new();
    let fixes = fixture
        .tree()
        .update(&series()[..1], Some(&fixture.source))
        .unwrap();
    fixture.commit(&fixes, "drivers/new.c", "", "connector: Add a file");
    let error = fixture.update().unwrap_err().to_string();
    assert!(
        error.contains("branch fixes has commits that are not exported"),
        "{error}"
    );
    assert!(fixes.join("drivers/new.c").exists());
}

#[test]
fn what_is_built_is_the_work_tree_as_it_is_and_keeps_time_stamps() {
    let fixture = Fixture::with_patches();
    let folder = fixture.update().unwrap();
    let built = fixture.project.cache.join("build/tree");
    let check_out = |series: &[String]| fixture.tree().check_out(series, &built).unwrap();
    let read = |name: &str| fs::read_to_string(built.join(name)).ok();
    let time = || {
        built
            .join("Makefile")
            .metadata()
            .unwrap()
            .modified()
            .unwrap()
    };
    fs::create_dir_all(built.parent().unwrap()).unwrap();
    check_out(&series());
    assert_eq!(read("drivers/cn.rs").as_deref(), Some("// more rust\n"));
    let (clean, before) = (fixture.tree().content(&series()).unwrap(), time());

    fs::write(folder.join("drivers/cn.rs"), "// edited\n").unwrap();
    fs::write(folder.join("drivers/new.rs"), "// new\n").unwrap();
    assert_ne!(fixture.tree().content(&series()).unwrap(), clean);
    fs::write(built.join("left-behind"), "").unwrap();
    check_out(&series());
    assert_eq!(read("drivers/cn.rs").as_deref(), Some("// edited\n"));
    assert_eq!(read("drivers/new.rs").as_deref(), Some("// new\n"));
    assert_eq!(read("left-behind"), None);
    // Nothing of it is noticed where somebody works.
    let uncommitted = Git::at(&folder).uncommitted().unwrap();
    assert_eq!(uncommitted, ["drivers/cn.rs", "drivers/new.rs"]);

    // The untouched sources have a work tree only for those who want to see them.
    fixture.tree().update(&[], None).unwrap();
    assert_eq!(fixture.tree().state(&[]).unwrap(), State::Same);
    check_out(&[]);
    assert_eq!(read("drivers/cn.rs"), None);
    assert_eq!(time(), before);
}

#[test]
fn a_second_checkout_clones_what_the_first_one_has_imported() {
    let first = Fixture::with_patches();
    let kept = first
        .project
        .cache
        .join("sources")
        .join(format!("{}.git", first.pin.tree));
    let base = first.tree().repository();
    fs::create_dir_all(kept.parent().unwrap()).unwrap();
    let to = kept.to_string_lossy();
    base.run(&["clone", "--quiet", "--bare", ".", &to]).unwrap();
    let second = first.clone_patches();
    fs::create_dir_all(second.project.cache.join("sources")).unwrap();
    let place = second
        .project
        .cache
        .join("sources")
        .join(kept.file_name().unwrap());
    fs::rename(&kept, place).unwrap();
    let folder = second.tree().update(&series(), None).unwrap();
    assert!(folder.join("drivers/cn.rs").exists());
}
