// SPDX-License-Identifier: MIT OR Apache-2.0

//! GitHub's workflows, as far as their linter cannot know: what they ask of this program is what it
//! takes.

use std::path::{Path, PathBuf};

use clap::Parser;
use serde_json::Value;

use crate::{Cli, yaml};

/// Every `run` below a value.
fn scripts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                match value {
                    Value::String(script) if key == "run" => found.push(script.clone()),
                    value => scripts(value, found),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| scripts(value, found)),
        _ => {}
    }
}

/// The words that a script gives to this program, each time it does. A variable in quotes becomes
/// `name`; one without may be empty, and is left out.
fn calls(script: &str, name: &str) -> Vec<Vec<String>> {
    let script = script.replace("ci/test", "cargo xtask test --junit target/reports");
    let calls = script.split("cargo xtask ").skip(1);
    let words = |call: &str| {
        let end = call.find(['\n', ')', '|', '&', ';', '>']);
        let words = call[..end.unwrap_or(call.len())].split_whitespace();
        let words =
            words
                .filter(|word| !word.starts_with('$'))
                .map(|word| match word.trim_matches('"') {
                    word if word.starts_with('$') => name.to_owned(),
                    word => word.to_owned(),
                });
        words.collect()
    };
    calls.map(words).collect()
}

#[test]
fn this_program_takes_what_the_workflows_ask_of_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let files = root.join(".github/workflows").read_dir().unwrap();
    let files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    assert!(!files.is_empty());
    for file in files {
        let workflow: Value = yaml::load(&file).unwrap();
        let mut scripts_of_it = Vec::new();
        scripts(&workflow, &mut scripts_of_it);
        let calls: Vec<_> = scripts_of_it
            .iter()
            .flat_map(|s| calls(s, "arm64"))
            .collect();
        let reuses = std::fs::read_to_string(&file).unwrap().contains("uses: ./");
        assert!(
            reuses || !calls.is_empty(),
            "{} asks nothing",
            file.display()
        );
        for call in calls {
            let words = ["cargo xtask".to_owned()].into_iter().chain(call);
            if let Err(error) = Cli::try_parse_from(words) {
                panic!("{}: {error}", file.display());
            }
        }
    }
}

#[test]
fn calls_are_found_with_their_words() {
    let script = "cd a\necho \"x=$(cargo xtask test --list)\" >> b\nci/test $TIER --only \"$PART\"";
    assert_eq!(
        calls(script, "units"),
        [
            vec!["test", "--list"],
            vec!["test", "--junit", "target/reports", "--only", "units"]
        ]
    );
}
