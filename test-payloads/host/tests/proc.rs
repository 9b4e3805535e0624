// SPDX-License-Identifier: MIT OR Apache-2.0

//! The rows of `/proc/net/connector`.

use std::ffi::CString;

use host::{Core, Id, add, cases, del, id, record};
use proptest::prelude::*;
use proptest::test_runner::Config;

/// `%-15s %u:%u`, with names cut to 31 bytes.
fn row(name: &[u8], id: Id) -> Vec<u8> {
    let mut row = name[..name.len().min(31)].to_vec();
    row.resize(row.len().max(15), b' ');
    row.extend(format!(" {}:{}\n", id.idx, id.val).bytes());
    row
}

fn check(drivers: &[(Vec<u8>, Id)]) -> Result<(), TestCaseError> {
    let core = Core::load();
    for (name, id) in drivers {
        let name = CString::new(name.clone()).map_err(|e| TestCaseError::fail(e.to_string()))?;
        prop_assert_eq!(add(*id, &name, record), 0);
    }
    let rows = core.rows();
    drivers.iter().for_each(|(_, id)| del(*id));
    let wanted = Vec::from_iter(drivers.iter().flat_map(|(name, id)| row(name, *id)));
    let text = |bytes: &[u8]| bytes.escape_ascii().to_string();
    prop_assert_eq!(rows.map(|rows| text(&rows)), Ok(text(&wanted)));
    Ok(())
}

fn name() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(1..=u8::MAX, 0..=40)
}

proptest! {
    #![proptest_config(Config {
        cases: cases(512, 2),
        failure_persistence: None,
        ..Config::default()
    })]

    #[test]
    fn any_names_and_numbers(
        drivers in prop::collection::btree_map((any::<u32>(), any::<u32>()), name(), 0..cases(20, 4) as usize),
    ) {
        let drivers = drivers.into_iter().map(|((idx, val), name)| (name, id(idx, val)));
        check(&Vec::from_iter(drivers))?;
    }
}

#[test]
fn every_length_of_a_name() -> Result<(), TestCaseError> {
    let driver = |len: u32| (vec![b'n'; len as usize], id(len, u32::MAX));
    check(&Vec::from_iter(
        (0..=40).step_by(cases(1, 8) as usize).map(driver),
    ))
}

#[test]
fn the_formula_is_that_of_the_format_string() {
    for name in ["", "cn_proc", "fifteen letters", "sixteen letters!"] {
        let wanted = format!("{name:<15} {}:{}\n", 1, u32::MAX);
        assert_eq!(row(name.as_bytes(), id(1, u32::MAX)), wanted.as_bytes());
    }
}
