// SPDX-License-Identifier: MIT OR Apache-2.0

use std::collections::BTreeSet;

use super::file::{Outcome, judge, marks};
use super::{said, table};

/// As rustc 1.96 put it, with `--error-format=short`.
const SAID: &str = "\
keeps.rs:10:5: warning: unused variable: `a`: help: if this is intentional, prefix it: `_a`
keeps.rs:22:10: error[E0521]: borrowed data escapes outside of method: `payload` escapes the method body here
moves.rs:19:51: error[E0277]: `*const cn_msg` cannot be shared between threads safely: ditto
moves.rs:19:51: error[E0277]: `*mut netlink_ext_ack` cannot be shared between threads safely: ditto
bare.rs:3:9: error: lifetime may not live long enough
good.rs: compiled
";

/// What is wrong with a file of which the compiler said what is in [`SAID`].
fn wrong(name: &str, wanted: &[(usize, &str)]) -> Vec<String> {
    let said = said::read(SAID).unwrap();
    let owned = wanted
        .iter()
        .map(|(line, code)| (*line, (*code).to_owned()));
    judge(name, &owned.collect(), said.get(name)).wrong
}

#[test]
fn marks_point_to_their_own_line_or_above() {
    let text = "a; //~ E0277\nb {\n    //~^ E0046\n}\n\n//~^^^^^ error\n";
    let wanted = [(1, "E0277"), (1, "error"), (2, "E0046")];
    let wanted: BTreeSet<_> = wanted.map(|(line, code)| (line, code.to_owned())).into();
    assert_eq!(marks(text).unwrap(), wanted);
    let error = marks("//~^ E0277\n").unwrap_err().to_string();
    assert_eq!(error, "line 1 marks a line above the first");
}

#[test]
fn what_is_refused_as_marked_is_well() {
    assert_eq!(wrong("keeps", &[(22, "E0521")]), [""; 0]);
    assert_eq!(wrong("bare", &[(3, "error")]), [""; 0]);
    assert_eq!(wrong("good", &[]), [""; 0]);
    // Two complaints, one mark.
    assert_eq!(wrong("moves", &[(19, "E0277")]), [""; 0]);
}

#[test]
fn what_compiles_though_it_must_not_is_wrong() {
    let got = wrong("good", &[(5, "E0277")]);
    assert_eq!(got, ["line 5: E0277 did not come"]);
}

#[test]
fn another_line_or_error_is_wrong_twice() {
    for wanted in [(21, "E0521"), (22, "E0505")] {
        let got = wrong("keeps", &[wanted]);
        let (line, code) = wanted;
        assert_eq!(got[0], format!("line {line}: {code} did not come"));
        assert!(got[1].starts_with("line 22: E0521 is not marked: borrowed data"));
        assert_eq!(got.len(), 2);
    }
}

#[test]
fn an_error_in_an_unmarked_file_is_wrong() {
    let got = wrong("bare", &[]);
    let want = "line 3: error is not marked: lifetime may not live long enough";
    assert_eq!(got, [want]);
}

#[test]
fn a_file_that_the_compiler_never_saw_is_wrong() {
    for wanted in [&[][..], &[(1, "E0277")]] {
        let got = wrong("new", wanted);
        assert_eq!(
            got,
            ["nothing is known of it: neither an error nor an object"]
        );
    }
}

#[test]
fn the_table_is_short() {
    let outcome = |name: &str, what: String, wrong: &[&str]| Outcome {
        name: name.to_owned(),
        what,
        wrong: wrong.iter().map(|&why| why.to_owned()).collect(),
    };
    let long = "é".repeat(super::EXCERPT);
    let got = table(&[
        outcome("a", long.clone(), &[]),
        outcome("bcd", format!("{long}!"), &["bad"]),
    ]);
    assert_eq!(got, format!("ok      a    {long}\nFAILED  bcd  {long}…\n"));
}
