// SPDX-License-Identifier: MIT OR Apache-2.0

//! The registry, against a list: which ids are taken, which driver is called, and the order in
//! which they are listed.

use host::{Core, Datagram, Id, add, calls, cases, colliding_id, del, id, record};
use kernel::error::code::EINVAL;
use kernel::host::user::Socket;
use proptest::prelude::*;
use proptest::test_runner::Config;

/// What is done with an id.
#[derive(Clone, Copy, Debug)]
enum Step {
    Add(Id),
    Del(Id),
    Send(Id),
    List,
}

/// The core, and beside it what it should hold, in order of registration.
struct Pair {
    core: Core,
    socket: Socket,
    model: Vec<Id>,
}

impl Pair {
    fn new() -> Self {
        Self {
            core: Core::load(),
            socket: Socket::open(1),
            model: Vec::new(),
        }
    }

    fn add(&mut self, id: Id) -> Result<(), TestCaseError> {
        let taken = self.model.contains(&id);
        let wanted = if taken { EINVAL.to_errno() } else { 0 };
        prop_assert_eq!(add(id, c"driver", record), wanted, "add {:?}", id);
        if !taken {
            self.model.push(id);
        }
        Ok(())
    }

    fn del(&mut self, id: Id) {
        del(id);
        self.model.retain(|other| *other != id);
    }

    /// Whether a message for `id` reaches a driver exactly if one is registered.
    fn send(&self, id: Id) -> Result<(), TestCaseError> {
        prop_assert_eq!(self.socket.send(&Datagram::new(id, b"x").bytes()), Ok(()));
        let reached = Vec::from_iter(calls().iter().map(|call| call.id));
        let wanted = Vec::from_iter(self.model.contains(&id).then_some(id));
        prop_assert_eq!(reached, wanted, "send to {:?}", id);
        Ok(())
    }

    fn list(&self) -> Result<(), TestCaseError> {
        let row = |id: &Id| format!("{:<15} {}:{}\n", "driver", id.idx, id.val);
        let wanted: String = self.model.iter().map(row).collect();
        let rows = self
            .core
            .rows()
            .map(|rows| String::from_utf8_lossy(&rows).into_owned());
        prop_assert_eq!(rows, Ok(wanted));
        Ok(())
    }

    fn step(&mut self, step: Step) -> Result<(), TestCaseError> {
        match step {
            Step::Add(id) => self.add(id),
            Step::Send(id) => self.send(id),
            Step::List => self.list(),
            Step::Del(id) => {
                self.del(id);
                Ok(())
            }
        }
    }

    /// Removes everything, and looks what is still reached on the way.
    fn clear(mut self, order: impl IntoIterator<Item = Id>) -> Result<(), TestCaseError> {
        for id in order {
            self.del(id);
            self.send(id)?;
            if let Some(&other) = self.model.get(self.model.len() / 2) {
                self.send(other)?;
            }
        }
        for id in std::mem::take(&mut self.model) {
            self.del(id);
        }
        self.list()
    }
}

/// Few enough that they are taken again and again, and some of each kind: neighbours, ids that
/// belong to the same place, and others.
fn some_id() -> impl Strategy<Value = Id> {
    prop_oneof![
        (0..4u32, 0..4u32).prop_map(|(idx, val)| id(idx, val)),
        (0..12u32).prop_map(colliding_id),
        (0..8u32).prop_map(|n| id(n.wrapping_mul(0x9e37_79b9), n.wrapping_mul(0x85eb_ca6b))),
        Just(id(u32::MAX, u32::MAX)),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => some_id().prop_map(Step::Add),
        3 => some_id().prop_map(Step::Del),
        3 => some_id().prop_map(Step::Send),
        1 => Just(Step::List),
    ]
}

proptest! {
    #![proptest_config(Config {
        cases: cases(128, 2),
        failure_persistence: None,
        ..Config::default()
    })]

    #[test]
    fn like_a_list(steps in prop::collection::vec(step(), 1..cases(300, 20) as usize)) {
        let mut pair = Pair::new();
        for step in steps {
            pair.step(step)?;
        }
        let order = pair.model.clone();
        pair.clear(order)?;
    }

    #[test]
    fn removal_in_any_order(
        ids in prop::collection::btree_set(some_id(), 0..cases(40, 8) as usize)
            .prop_map(Vec::from_iter)
            .prop_shuffle(),
        order in any::<prop::sample::Index>(),
    ) {
        let mut pair = Pair::new();
        for &id in &ids {
            pair.add(id)?;
        }
        pair.list()?;
        let mut order_of_removal = ids.clone();
        order_of_removal.rotate_left(order.index(ids.len().max(1)));
        pair.clear(order_of_removal)?;
    }
}

/// Adds, finds, refuses to add again and removes all of these ids.
fn fill_and_clear(ids: Vec<Id>) -> Result<(), TestCaseError> {
    let mut pair = Pair::new();
    for &id in &ids {
        pair.send(id)?;
        pair.add(id)?;
    }
    for &id in &ids {
        pair.send(id)?;
        prop_assert_eq!(add(id, c"again", record), EINVAL.to_errno());
    }
    pair.list()?;
    // A stride that is prime to their number visits all.
    let stride = |n| ids[n * 1009 % ids.len()];
    pair.clear((0..ids.len()).map(stride))
}

#[test]
fn thousands_of_neighbours() -> Result<(), TestCaseError> {
    fill_and_clear(Vec::from_iter(
        (0..cases(4096, 6)).map(|n| id(n / 64, n % 64)),
    ))
}

#[test]
fn a_thousand_that_belong_to_one_place() -> Result<(), TestCaseError> {
    fill_and_clear(Vec::from_iter((0..cases(1024, 9)).map(colliding_id)))
}

#[test]
fn both_halves_of_an_id_count() -> Result<(), TestCaseError> {
    let bits = (0..64).step_by(cases(1, 6) as usize).map(|bit| 1u64 << bit);
    fill_and_clear(Vec::from_iter(
        bits.map(|key| id((key >> 32) as u32, key as u32)),
    ))
}

#[test]
fn an_id_that_is_not_there_is_removed_in_vain() -> Result<(), TestCaseError> {
    let mut pair = Pair::new();
    pair.del(id(1, 2));
    pair.add(id(1, 2))?;
    pair.del(id(2, 1));
    pair.send(id(1, 2))?;
    pair.del(id(1, 2));
    pair.del(id(1, 2));
    pair.add(id(1, 2))?;
    pair.clear([id(1, 2)])
}

/// The place that a removed entry leaves in the middle must neither hide those behind it nor be
/// lost.
#[test]
fn places_are_used_again() -> Result<(), TestCaseError> {
    let mut pair = Pair::new();
    for n in 0..6 {
        pair.add(colliding_id(n))?;
    }
    for round in 0..cases(1000, 6) {
        let n = round % 6;
        pair.del(colliding_id(n));
        for other in 0..6 {
            pair.send(colliding_id(other))?;
        }
        pair.add(colliding_id(n))?;
    }
    pair.clear((0..6).map(colliding_id))
}
