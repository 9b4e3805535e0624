// SPDX-License-Identifier: MIT OR Apache-2.0

//! The operations, from the bare socket to the removal of an id.

use anyhow::{Context, Result, ensure};
use connector::Id;
use nix::errno::Errno;
use nix::libc::NETLINK_CONNECTOR;

use crate::Figure;
use crate::counter::{self, Calibration, LOOP, cost_of};
use crate::driver::{BARE_ECHO, Driver, FLOOR, IDX};
use crate::netlink::{Socket, request, room};
use crate::samples::Samples;

/// How many ids are registered while something is measured.
const IDS: [u32; 5] = [1, 16, 256, 1024, 4096];

/// How many sockets hear a multicast.
const LISTENERS: [u32; 3] = [0, 1, 8];

/// Bytes of data in a multicast.
const MULTICAST_LEN: u16 = 64;

/// How often an operation is done before it is measured: the first ones fetch memory.
const BEFORE: usize = 8;

/// How often it is measured.
const TIMES: usize = 25;

/// The sender's port. Listeners have those behind it.
const PORT: u32 = 1000;

/// Measures every operation; fails when one does not do what it is measured for.
pub(crate) fn measure_all() -> Result<Vec<Figure>> {
    let driver = Driver::open()?;
    let here = counter::in_program()?;
    let in_module = counter::in_module(&driver)?;
    let mut bench = Bench {
        driver,
        overhead: here.overhead,
        overhead_in_module: in_module.overhead,
        figures: Vec::new(),
    };
    bench.note_calibration("program", &here);
    bench.note_calibration("module", &in_module);
    bench.bare()?;
    for ids in IDS {
        bench
            .with_ids(ids)
            .with_context(|| format!("with {ids} ids"))?;
    }
    bench.driver.expect("clear", 0)?;
    bench.driver.expect("fill 1", 0)?;
    for listeners in LISTENERS {
        bench.multicast(listeners)?;
    }
    bench.heard_by_id()?;
    bench.driver.expect("clear", 0)?;
    Ok(bench.figures)
}

/// Where the measurements are collected.
struct Bench {
    driver: Driver,
    /// What measuring costs, and is subtracted: of what this program measures itself,
    overhead: u64,
    /// and of what the module measures.
    overhead_in_module: u64,
    figures: Vec<Figure>,
}

impl Bench {
    fn note(&mut self, name: impl Into<String>, samples: Samples) {
        self.figures.push(Figure {
            name: name.into(),
            samples,
        });
    }

    fn note_calibration(&mut self, place: &str, found: &Calibration) {
        let looped = format!("measuring: a loop in the {place}/{LOOP} instructions");
        self.note(looped, Samples::of(vec![found.looped]));
        let overhead = format!("measuring: overhead in the {place}");
        self.note(overhead, Samples::of(vec![found.overhead]));
    }

    /// What netlink costs without a connector.
    fn bare(&mut self) -> Result<()> {
        let request = request(Id::new(IDX, 1))?;
        let floor = Socket::open(FLOOR, PORT, 0)?;
        let costs = self.counted(|| sent(&floor, &request))?;
        self.note_here("floor", costs);
        let echo = Socket::open(BARE_ECHO, PORT, 0)?;
        let costs = repeated(|| round_trip(&echo, &request))?;
        self.note_here("bare echo", costs);
        Ok(())
    }

    /// What depends on the number of ids, done to the one that was registered last.
    fn with_ids(&mut self, ids: u32) -> Result<()> {
        self.driver.expect(&format!("fill {ids}"), 0)?;
        let request = request(Id::new(IDX, ids))?;
        let socket = Socket::open(NETLINK_CONNECTOR, PORT, 0)?;

        let costs = self.counted(|| sent(&socket, &request))?;
        self.note_here(format!("dispatch/{ids} ids"), costs);

        self.replace_last("echo")?;
        let costs = repeated(|| round_trip(&socket, &request))?;
        self.note_here(format!("echo/{ids} ids"), costs);
        self.replace_last("quiet")?;

        let costs = repeated(|| self.driver.expect("send 0 0", -(Errno::ESRCH as i32)))?;
        self.note_in_module(format!("send by id, nobody listens/{ids} ids"), costs);

        let mut removals = Vec::new();
        let additions = repeated(|| {
            let cost = self.driver.expect("add quiet", 0)?;
            removals.push(self.driver.expect("del", 0)?);
            Ok(cost)
        })?;
        let removals = Samples::of(removals.split_off(BEFORE));
        self.note_in_module(format!("add/{ids} ids"), additions);
        self.note_in_module(format!("del/{ids} ids"), removals);
        Ok(())
    }

    /// A message from the kernel to a group, by the group's number.
    fn multicast(&mut self, listeners: u32) -> Result<()> {
        let sockets = listening(listeners)?;
        let wanted = if listeners == 0 {
            -(Errno::ESRCH as i32)
        } else {
            0
        };
        let command = format!("send {IDX} {MULTICAST_LEN}");
        let costs = repeated(|| heard(&self.driver, &command, wanted, &sockets))?;
        self.note_in_module(format!("multicast/{listeners} listeners"), costs);
        Ok(())
    }

    /// A message from the kernel to the group that is found by the id.
    fn heard_by_id(&mut self) -> Result<()> {
        let sockets = listening(1)?;
        let costs = repeated(|| heard(&self.driver, "send 0 0", 0, &sockets))?;
        self.note_in_module("send by id, one listens/1 ids", costs);
        Ok(())
    }

    fn note_here(&mut self, name: impl Into<String>, costs: Samples) {
        self.note(name, costs.without(self.overhead));
    }

    fn note_in_module(&mut self, name: impl Into<String>, costs: Samples) {
        self.note(name, costs.without(self.overhead_in_module));
    }

    /// Repeats what must reach a callback or a socket of the module each time.
    fn counted(&self, action: impl FnMut() -> Result<u64>) -> Result<Samples> {
        let before = self.driver.ask("received")?.result;
        let samples = repeated(action)?;
        let received = self.driver.ask("received")?.result - before;
        let sent = BEFORE + TIMES;
        ensure!(
            usize::try_from(received) == Ok(sent),
            "{received} of {sent} messages were received"
        );
        Ok(samples)
    }

    /// Registers the last id anew, with another callback.
    fn replace_last(&self, callback: &str) -> Result<()> {
        self.driver.expect("del", 0)?;
        self.driver.expect(&format!("add {callback}"), 0).map(drop)
    }
}

fn repeated(mut action: impl FnMut() -> Result<u64>) -> Result<Samples> {
    for _ in 0..BEFORE {
        action()?;
    }
    let costs: Result<Vec<_>> = (0..TIMES).map(|_| action()).collect();
    costs.map(Samples::of)
}

/// What it costs to send.
fn sent(socket: &Socket, request: &[u8]) -> Result<u64> {
    let (cost, sent) = cost_of(|| socket.send(request));
    sent.context("cannot send")?;
    Ok(cost)
}

/// What it costs to send, and to receive what comes back.
fn round_trip(socket: &Socket, request: &[u8]) -> Result<u64> {
    let mut reply = room();
    let (cost, (sent, received)) = cost_of(|| (socket.send(request), socket.receive(&mut reply)));
    sent.context("cannot send")?;
    let len = received.context("no reply")?;
    ensure!(
        len == request.len(),
        "a reply of {len} bytes came to a request of {}",
        request.len()
    );
    Ok(cost)
}

/// Sockets in the group of the module's ids.
fn listening(count: u32) -> Result<Vec<Socket>> {
    (1..=count)
        .map(|n| Socket::open(NETLINK_CONNECTOR, PORT + n, IDX))
        .collect()
}

/// What a sending command costs, which all `listeners` must hear.
fn heard(driver: &Driver, command: &str, wanted: i32, listeners: &[Socket]) -> Result<u64> {
    let cost = driver.expect(command, wanted)?;
    for listener in listeners {
        listener
            .receive(&mut room())
            .context("a listener heard nothing")?;
    }
    Ok(cost)
}
