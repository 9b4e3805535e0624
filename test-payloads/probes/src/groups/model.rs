// SPDX-License-Identifier: MIT OR Apache-2.0

//! Many ids, added and removed in random order, held against a model of what is registered.

use anyhow::{Context, Result};
use connector::{Id, Message, Socket};
use fastrand::Rng;
use nix::errno::Errno;

use crate::count::count;
use crate::driver::{Does, Driver};
use crate::expect::{message, same, silence};
use crate::ktap::{Group, Test, Transcript};
use crate::proc_connector;

pub(crate) const GROUP: Group = Group {
    name: "model",
    tests: &[Test::new("ids-come-and-go-as-in-a-model", as_in_a_model)],
};

/// What the order is chosen by. The transcript names it.
const SEED: u64 = 20_050_911;

/// Ids differ in the first number, the second, or both.
const FIRST_IDX: u32 = 30;
const IDXS: u32 = 8;

/// Number of looks at the whole table during the random changes.
const LOOKS: u32 = 8;

/// The connector, and what should be registered with it.
struct Model {
    driver: Driver,
    client: Socket,
    /// In the order of their registration.
    registered: Vec<Id>,
}

impl Model {
    fn new() -> Result<Self> {
        Ok(Self {
            driver: Driver::open()?,
            client: Socket::open(&[])?,
            registered: Vec::new(),
        })
    }

    /// Adds `id`, which is refused if it is there.
    fn add(&mut self, id: Id) -> Result<()> {
        let taken = self.registered.contains(&id);
        let answer = self.driver.register(id, Does::Echo, "model")?;
        same(
            "adding it",
            answer,
            if taken { Err(Errno::EINVAL) } else { Ok(0) },
        )?;
        if !taken {
            self.registered.push(id);
        }
        Ok(())
    }

    /// Removes `id`, which need not be there.
    fn remove(&mut self, id: Id) -> Result<()> {
        self.registered.retain(|&other| other != id);
        self.driver.remove(id)
    }

    /// A message to `id` must be answered if, and only if, it is registered.
    fn dispatch(&self, id: Id) -> Result<()> {
        let request = Message::new(id, id.val, 1, []);
        self.client.send(&request)?;
        if self.registered.contains(&id) {
            let reply = Message { ack: 2, ..request };
            same("the reply", message(&self.client)?, reply)?;
        }
        silence(&self.client)
    }

    /// The table must list what is registered, in that order.
    fn look(&self) -> Result<()> {
        let row = |id: &Id| format!("{:<15} {}:{}\n", "model", id.idx, id.val);
        let rows: String = self.registered.iter().map(row).collect();
        let table = proc_connector::read()?;
        let wanted = proc_connector::AT_REST.to_owned() + &rows;
        let differing = table
            .lines()
            .zip(wanted.lines())
            .find(|(got, want)| got != want);
        same("the first row that differs", differing, None)?;
        same("the length of the table", table.len(), wanted.len())
    }
}

fn as_in_a_model(transcript: &mut Transcript) -> Result<()> {
    transcript.note(format!("seed {SEED}"));
    let mut model = Model::new()?;
    let outcome = come_and_go(&mut model, &mut Rng::with_seed(SEED));
    // Whatever became of the test, the next one finds the table as it should be.
    for id in std::mem::take(&mut model.registered) {
        model.remove(id)?;
    }
    outcome.and_then(|()| model.look())
}

fn come_and_go(model: &mut Model, random: &mut Rng) -> Result<()> {
    let number: u32 = count("ids")?;
    let changes: u32 = count("changes")?;
    let mut ids: Vec<_> = (0..number)
        .map(|n| Id::new(FIRST_IDX + n % IDXS, n / IDXS))
        .collect();
    random.shuffle(&mut ids);
    ids.iter().try_for_each(|&id| model.add(id))?;
    model.look()?;
    ids.iter().try_for_each(|&id| model.dispatch(id))?;
    // Meanwhile about half of the ids are registered.
    for change in 0..changes {
        change_one(model, &ids, random).with_context(|| format!("change {change}"))?;
        if change % changes.div_ceil(LOOKS) == 0 {
            model.look().with_context(|| format!("change {change}"))?;
        }
    }
    ids.iter().try_for_each(|&id| model.dispatch(id))?;
    random.shuffle(&mut ids);
    let (half, rest) = ids.split_at(ids.len() / 2);
    half.iter().try_for_each(|&id| model.remove(id))?;
    model.look()?;
    rest.iter().try_for_each(|&id| model.remove(id))?;
    model.look()
}

/// Adds or removes an id, whether it is there or not, and sends to it and to another.
fn change_one(model: &mut Model, ids: &[Id], random: &mut Rng) -> Result<()> {
    let mut any = || ids[random.usize(..ids.len())];
    let (id, other) = (any(), any());
    let change = if random.bool() {
        Model::add
    } else {
        Model::remove
    };
    change(model, id)
        .and_then(|()| model.dispatch(id))
        .with_context(|| format!("{id:?}"))?;
    model.dispatch(other)
}
