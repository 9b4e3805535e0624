// SPDX-License-Identifier: MIT OR Apache-2.0

//! Who may listen to which group.

use host::{Core, cases};
use kernel::bindings::CAP_NET_ADMIN;
use kernel::error::code::EPERM;
use kernel::host::user::{Socket, set_capability, set_elsewhere};
use proptest::prelude::*;
use proptest::test_runner::Config;

/// The group of process events is open to everybody, as since 2.6.14; no other one is.
fn check(group: u32) -> Result<(), TestCaseError> {
    let socket = Socket::open(1);
    let open = group == 1;

    set_capability(None);
    prop_assert_eq!(socket.join(group).is_ok(), open, "group {}", group);
    // Another capability is none.
    set_capability(Some(CAP_NET_ADMIN as i32 - 1));
    prop_assert_eq!(socket.join(group).is_ok(), open, "group {}", group);

    set_capability(Some(CAP_NET_ADMIN as i32));
    let admin = socket.join(group).is_ok();
    set_capability(None);
    // Netlink hands groups on as int: there are none beyond.
    prop_assert_eq!(admin, i32::try_from(group).is_ok(), "group {}", group);
    Ok(())
}

#[test]
fn the_groups_that_there_are_and_many_more() -> Result<(), TestCaseError> {
    let _core = Core::load();
    (0..cases(1 << 17, 30)).try_for_each(check)
}

#[test]
fn groups_with_any_bit() -> Result<(), TestCaseError> {
    let _core = Core::load();
    for power in (0..u32::BITS).map(|bit| 1 << bit) {
        [power - 1, power, power + 1, !power]
            .into_iter()
            .try_for_each(check)?;
    }
    Ok(())
}

#[test]
fn another_user_namespace_does_not_hear_of_processes() {
    let _core = Core::load();
    set_elsewhere(true);
    let joined = Socket::open(1).join(1);
    set_capability(Some(CAP_NET_ADMIN as i32));
    // That is over the network namespace, which then is of that user namespace.
    let admin = Socket::open(1).join(1);
    set_capability(None);
    set_elsewhere(false);
    assert_eq!((joined, admin), (Err(EPERM), Ok(())));
    assert_eq!(Socket::open(1).join(1), Ok(()));
}

#[test]
fn the_error_is_that_of_a_forbidden_thing() {
    let _core = Core::load();
    assert_eq!(Socket::open(1).join(3), Err(EPERM));
}

proptest! {
    #![proptest_config(Config {
        cases: cases(4096, 8),
        failure_persistence: None,
        ..Config::default()
    })]

    #[test]
    fn any_group(group in any::<u32>()) {
        let _core = Core::load();
        check(group)?;
    }
}
