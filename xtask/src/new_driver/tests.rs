// SPDX-License-Identifier: MIT OR Apache-2.0

use std::collections::BTreeMap;
use std::path::Path;

use super::*;
use crate::project::{Project, scratch};
use crate::scenario;

const GROUPS: &str = "\
mod core;
mod store;

use crate::ktap::Group;

pub(crate) const ALL: &[Group] = &[
    store::GROUP,
    core::GROUP,
];
";

/// A project with two groups and no drivers.
fn project() -> (tempfile::TempDir, Project) {
    let (folder, project) = scratch();
    write(&project.payloads().join(register::PATH), GROUPS).unwrap();
    fs::create_dir_all(project.payloads().join("modules")).unwrap();
    (folder, project)
}

fn make(project: &Project, name: &str, idx: Option<u32>) -> Result<()> {
    let name = name.to_owned();
    run(project, &Options { name, idx })
}

/// All files below a folder, with what is in them.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let content = fs::read_to_string(&path).unwrap();
            found.insert(path.display().to_string(), content);
        }
    }
    found
}

#[test]
fn the_skeleton_is_a_copy_of_itself_and_leaves_no_trace_in_others() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../test-payloads");
    for file in skeleton::copy("skeleton", 0x17) {
        assert_eq!(
            file.content,
            fs::read_to_string(root.join(file.path)).unwrap()
        );
    }
    for file in skeleton::copy("two_words", 0x18) {
        let all = format!("{}{}", file.path, file.content);
        assert!(!all.to_lowercase().contains("skeleton"), "{all}");
        assert!(!all.contains("0x17"), "{all}");
        assert!(all.contains("two_words"), "{all}");
        if file.path.ends_with("two_words.rs") {
            assert!(all.contains("0x18"), "{all}");
        }
    }
}

#[test]
fn a_driver_gets_its_files_and_its_place_in_the_list() {
    let (_folder, project) = project();
    make(&project, "hello", None).unwrap();
    let list = fs::read_to_string(project.payloads().join(register::PATH)).unwrap();
    let wanted = GROUPS
        .replace("mod store;", "mod hello;\nmod store;")
        .replace(
            "    core::GROUP,\n",
            "    core::GROUP,\n    hello::GROUP,\n",
        );
    assert_eq!(list, wanted);
    let driver = project.payloads().join("modules/hello/hello.rs");
    let driver = fs::read_to_string(driver).unwrap();
    assert!(
        driver.contains("    type: HelloModule,\n    name: \"hello\","),
        "{driver}"
    );
    assert!(!driver.contains("unsafe"), "{driver}");
    let scenarios = scenario::load_all(&project.payloads().join("scenarios")).unwrap();
    assert_eq!(scenarios[0].name, "hello");
    assert_eq!(scenarios[0].modules, ["hello.ko"]);
    // The first and the last of the alphabet.
    make(&project, "a", None).unwrap();
    make(&project, "z", None).unwrap();
    make(&project, "core2", None).unwrap();
    let list = fs::read_to_string(project.payloads().join(register::PATH)).unwrap();
    assert!(
        list.starts_with("mod a;\nmod core;\nmod core2;\nmod hello;\nmod store;\nmod z;\n\n"),
        "{list}"
    );
}

#[test]
fn each_driver_gets_an_id_of_its_own_until_there_are_no_more() {
    let (_folder, project) = project();
    let made = |n: &u32| make(&project, &format!("driver{n}"), None).is_ok();
    let count = (0..100).take_while(made).count();
    let error = make(&project, "another", None).unwrap_err().to_string();
    assert!(error.starts_with("no idx is free"), "{error}");
    // 0xb to 0x1a without those of the samples.
    assert_eq!(count, 13);
    let taken = (0..count).map(|n| {
        let path = format!("modules/driver{n}/driver{n}.rs");
        let text = fs::read_to_string(project.payloads().join(path)).unwrap();
        let line = text.lines().find(|line| line.contains("idx: ")).unwrap();
        line.trim().to_owned()
    });
    assert_eq!(taken.collect::<std::collections::BTreeSet<_>>().len(), 13);
}

#[test]
fn what_is_refused_is_named_and_leaves_everything_as_it_was() {
    let (_folder, project) = project();
    make(&project, "hello", Some(0x18)).unwrap();
    fs::create_dir(project.payloads().join("modules/empty")).unwrap();
    write(&project.payloads().join("scenarios/begun.yaml"), "").unwrap();
    let before = files(&project.root);
    let long = "a".repeat(32);
    for (name, idx, why) in [
        ("", None, "cannot be a driver's name"),
        ("Hello", None, "cannot be a driver's name"),
        ("7up", None, "cannot be a driver's name"),
        ("a-b", None, "cannot be a driver's name"),
        ("../a", None, "cannot be a driver's name"),
        (&long, None, "is too long"),
        ("match", None, "is a word of Rust's own"),
        ("kernel", None, "is something else in the build of drivers"),
        ("hello", None, "modules/hello/Kbuild already"),
        ("empty", None, "modules/empty already"),
        ("begun", None, "scenarios/begun.yaml already"),
        ("other", Some(0x18), "the idx 0x18 is another driver's"),
        ("other", Some(0x15), "the idx 0x15 is another driver's"),
    ] {
        let error = format!("{:#}", make(&project, name, idx).unwrap_err());
        assert!(error.contains(why), "{name}: {error}");
    }
    assert_eq!(files(&project.root), before);
}

#[test]
fn numbers_are_read_in_both_ways() {
    assert_eq!(idx::parse("0x17").unwrap(), 23);
    assert_eq!(idx::parse("23").unwrap(), 23);
    for wrong in ["0xa", "27", "x", ""] {
        assert!(idx::parse(wrong).is_err(), "{wrong}");
    }
}
