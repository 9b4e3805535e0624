// SPDX-License-Identifier: MIT OR Apache-2.0

use super::*;

fn run(flavor: &str, tests: &[(&str, &str)]) -> Transcripts {
    Transcripts {
        flavor: flavor.to_owned(),
        scenario: "bind".to_owned(),
        tests: tests
            .iter()
            .map(|(test, lines)| {
                (
                    test.to_string(),
                    lines.split_whitespace().map(str::to_owned).collect(),
                )
            })
            .collect(),
    }
}

fn list(text: &str) -> Result<Vec<Intended>> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    load(file.path())
}

const LIST: &str = "- { scenario: bind, test: odd, why: safer,\n    \
                    flavors: { stock: [ok], rust: [EPERM] } }\n";

fn told(runs: &[Transcripts], list_text: &str, all_ran: bool) -> Vec<String> {
    let list = if list_text.is_empty() {
        Vec::new()
    } else {
        list(list_text).unwrap()
    };
    let found = compare(runs, &list, all_ran);
    found
        .into_iter()
        .map(|difference| difference.what)
        .collect()
}

#[test]
fn equal_transcripts_tell_nothing() {
    let runs = [
        run("stock", &[("a", "x y"), ("b", "")]),
        run("rust", &[("a", "x y"), ("b", "")]),
    ];
    assert_eq!(told(&runs, "", true), [""; 0]);
}

#[test]
fn a_difference_is_told_with_both_sides() {
    let runs = [run("stock", &[("a", "x y")]), run("rust", &[("a", "x z")])];
    let found = compare(&runs, &[], true);
    assert_eq!(
        found[0].what,
        "bind: a sees different things on stock, rust"
    );
    assert_eq!(
        found[0].excerpt,
        ["stock: x", "stock: y", "rust: x", "rust: z"]
    );
}

#[test]
fn a_test_that_ran_on_one_flavor_alone_is_told() {
    let runs = [run("stock", &[("a", "x")]), run("rust", &[])];
    assert_eq!(
        told(&runs, "", true),
        ["bind: a ran on stock, but not on rust"]
    );
}

#[test]
fn an_intended_difference_is_none() {
    let runs = [
        run("stock", &[("odd", "ok")]),
        run("rust", &[("odd", "EPERM")]),
    ];
    assert_eq!(told(&runs, LIST, true), [""; 0]);
}

#[test]
fn an_intended_difference_that_is_gone_is_stale() {
    let runs = [
        run("stock", &[("odd", "ok")]),
        run("rust", &[("odd", "ok")]),
    ];
    let wanted = "an intended difference is stale: bind: odd sees the same on stock, rust";
    assert_eq!(told(&runs, LIST, true), [wanted]);
    let runs = [
        run("stock", &[("even", "ok")]),
        run("rust", &[("even", "ok")]),
    ];
    let wanted = "an intended difference is stale: bind has no test odd";
    assert_eq!(told(&runs, LIST, true), [wanted]);
    assert_eq!(told(&runs, LIST, false), [""; 0]);
}

#[test]
fn another_difference_than_the_intended_one_is_told() {
    let runs = [
        run("stock", &[("odd", "ok")]),
        run("rust", &[("odd", "EINVAL")]),
    ];
    let told = told(&runs, LIST, true);
    assert!(
        told[0].contains("than the list intends (safer)"),
        "{told:?}"
    );
    assert!(self::told(&runs[1..], LIST, true)[0].contains("on rust than the list"));
}

#[test]
fn a_list_without_a_difference_is_refused() {
    let error = list(&LIST.replace("EPERM", "ok")).unwrap_err().to_string();
    assert!(error.contains("lists no difference"), "{error}");
}
