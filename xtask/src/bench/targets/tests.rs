// SPDX-License-Identifier: MIT OR Apache-2.0

//! What meets a target, and what does not.

use super::*;
use crate::bench::figures::tests::figures;

const C: &str = "\
measuring: overhead: 3
floor: 1400
dispatch/1 ids: 1500
dispatch/16 ids: 1800
dispatch/256 ids: 6600
bare echo: 3000
echo/1 ids: 3200
add/1 ids: 500
add/16 ids: 700
multicast/8 listeners: 900
multicast/64 listeners: 9000
PR_SET_NAME, one listens: 1500";

const RUST: &str = "\
measuring: overhead: 9
floor: 1500
dispatch/1 ids: 1580
dispatch/16 ids: 1612
dispatch/256 ids: 1590
bare echo: 3000
echo/1 ids: 3160
add/1 ids: 500
add/16 ids: 532
multicast/8 listeners: 900
multicast/64 listeners: 9001
PR_SET_NAME, one listens: 1600";

/// What is missed by figures like `RUST`, but with `old` in place of `new`.
fn missed(old: &str, new: &str) -> Vec<String> {
    assert!(RUST.contains(old), "{old}");
    let measured = [
        ("c".to_owned(), figures(C)),
        ("rust".to_owned(), figures(&RUST.replace(old, new))),
    ];
    let targets = judge(&measured).unwrap();
    assert_eq!(targets.len(), 6, "{targets:#?}");
    let missed = targets.iter().filter(|target| !target.is_met());
    missed.map(|target| target.what.clone()).collect()
}

#[test]
fn each_target_is_met_at_its_limit_and_missed_above_it() {
    assert_eq!(missed("", ""), [""; 0]);
    for (old, new, what) in [
        (
            "dispatch/1 ids: 1580",
            "dispatch/1 ids: 1581",
            "dispatch, 1 id: added to floor, 0.8 of c",
        ),
        (
            "echo/1 ids: 3160",
            "echo/1 ids: 3161",
            "echo, 1 id: added to bare echo, 0.8 of c",
        ),
        (
            "dispatch/16 ids: 1612",
            "dispatch/16 ids: 1613",
            "dispatch: at most 32 above 1 id",
        ),
        (
            "add/16 ids: 532",
            "add/16 ids: 533",
            "add: at most 32 above 1 id",
        ),
        (
            "add/1 ids: 500",
            "add/1 ids: 501",
            "add, 1 id: no dearer than c",
        ),
        (
            "8 listeners: 900",
            "8 listeners: 901",
            "multicast, 8 listeners: no dearer than c",
        ),
    ] {
        assert_eq!(missed(old, new), [what]);
    }
}

#[test]
fn what_was_not_measured_is_an_error() {
    let measured = |c: &str, rust: &str| {
        [
            ("c".to_owned(), figures(c)),
            ("rust".to_owned(), figures(rust)),
        ]
    };
    let no_floor = RUST.replace("floor: 1500\n", "");
    let error = judge(&measured(C, &no_floor)).unwrap_err().to_string();
    assert_eq!(error, "dispatch, 1 id or floor was not measured");
    let no_add = C.replace("add/1 ids: 500\n", "");
    let error = judge(&measured(&no_add, RUST)).unwrap_err().to_string();
    assert_eq!(error, "add, 1 id was not measured on c");
}

#[test]
fn one_flavor_that_reaches_everything_is_enough() {
    let target = |flavor: &str, is| Target {
        flavor: flavor.to_owned(),
        what: format!("to be {is}"),
        is,
        limit: 1,
    };
    verdict(&[]).unwrap();
    verdict(&[
        target("a", 2),
        target("a", 1),
        target("b", 1),
        target("b", 0),
    ])
    .unwrap();
    let error = verdict(&[
        target("a", 2),
        target("a", 3),
        target("b", 0),
        target("b", 4),
    ]);
    let error = error.unwrap_err().to_string();
    assert!(
        error.starts_with("1 targets are missed on b, the best of the flavors;"),
        "{error}"
    );
}

#[test]
fn targets_are_those_against_the_c_core() {
    let measured = [
        ("rust".to_owned(), figures(RUST)),
        ("rust-inline".to_owned(), figures(RUST)),
    ];
    assert!(judge(&measured).unwrap().is_empty());
}
