// SPDX-License-Identifier: MIT OR Apache-2.0

//! How an operation is measured: several times, and what measuring costs is subtracted.

use anyhow::{Context, Result, ensure};

use crate::counter::{Calibration, LOOP, cost_of};
use crate::driver::Driver;
use crate::figure::Figure;
use crate::marker::Marker;
use crate::netlink::{Socket, room};
use crate::samples::Samples;

/// How often an operation is done before it is measured: the first ones fetch memory.
pub(crate) const BEFORE: usize = 8;

/// How often it is measured.
const TIMES: usize = 25;

/// What costs are measured with, and the figures so far.
pub(crate) struct Bench {
    pub(crate) driver: Driver,
    pub(crate) figures: Vec<Figure>,
    marker: Marker,
    /// What measuring costs, and is subtracted: of what this program measures itself,
    overhead: u64,
    /// and of what the module measures.
    overhead_in_module: u64,
}

impl Bench {
    /// Calibrated in the two places where something is measured.
    pub(crate) fn new(
        driver: Driver,
        marker: Marker,
        program: &Calibration,
        module: &Calibration,
    ) -> Self {
        let mut bench = Self {
            driver,
            figures: Vec::new(),
            marker,
            overhead: program.overhead,
            overhead_in_module: module.overhead,
        };
        bench.note_calibration("program", program);
        bench.note_calibration("module", module);
        bench
    }

    fn note_calibration(&mut self, place: &str, found: &Calibration) {
        let looped = format!("measuring: a loop in the {place}/{LOOP} instructions");
        let looped = Figure::cost(looped, Samples::of(vec![found.looped]));
        let overhead = format!("measuring: overhead in the {place}");
        let overhead = Figure::cost(overhead, Samples::of(vec![found.overhead]));
        self.figures.extend([looped, overhead]);
    }

    /// Repeats what `action` measures in this program, as the operation `name`.
    pub(crate) fn here(
        &mut self,
        name: impl Into<String>,
        action: impl FnMut() -> Result<u64>,
    ) -> Result<()> {
        let name = name.into();
        let costs = self.repeated(&name, action)?;
        let costs = costs.without(self.overhead);
        self.figures.push(Figure::cost(name, costs));
        Ok(())
    }

    /// As [`Self::here`], of what sends so many messages each time, which must all reach a callback
    /// or a socket of the module.
    pub(crate) fn here_counted(
        &mut self,
        name: impl Into<String>,
        messages: usize,
        action: impl FnMut() -> Result<u64>,
    ) -> Result<()> {
        let before = self.driver.ask("received")?.result;
        self.here(name, action)?;
        let received = self.driver.ask("received")?.result - before;
        let sent = (BEFORE + TIMES) * messages;
        ensure!(
            usize::try_from(received) == Ok(sent),
            "{received} of {sent} messages were received"
        );
        Ok(())
    }

    /// Repeats a `command` whose measured function must return `wanted`, as the operation `name`;
    /// `after` follows each time and is not measured.
    pub(crate) fn in_module(
        &mut self,
        name: impl Into<String>,
        command: &str,
        wanted: i32,
        mut after: impl FnMut() -> Result<()>,
    ) -> Result<()> {
        let name = name.into();
        let costs = self.repeated(&name, || {
            let cost = self.driver.expect(command, wanted)?;
            after()?;
            Ok(cost)
        })?;
        self.note_in_module(name, costs);
        Ok(())
    }

    /// Repeats a command and the one that takes it back, each as an operation.
    pub(crate) fn in_module_and_back(
        &mut self,
        [(name, command), (name_back, back)]: [(&str, &str); 2],
    ) -> Result<()> {
        let mut costs_back = Vec::new();
        let costs = self.repeated(name, || {
            let cost = self.driver.expect(command, 0)?;
            let cost_back = self
                .marker
                .around(name_back, || self.driver.expect(back, 0));
            costs_back.push(cost_back?);
            Ok(cost)
        })?;
        self.note_in_module(name.to_owned(), costs);
        let costs_back = Samples::of(costs_back.split_off(BEFORE));
        self.note_in_module(name_back.to_owned(), costs_back);
        Ok(())
    }

    fn note_in_module(&mut self, name: String, costs: Samples) {
        let costs = costs.without(self.overhead_in_module);
        self.figures.push(Figure::cost(name, costs));
    }

    fn repeated(&self, name: &str, mut action: impl FnMut() -> Result<u64>) -> Result<Samples> {
        for _ in 0..BEFORE {
            action()?;
        }
        let costs: Result<Vec<_>> = (0..TIMES)
            .map(|_| self.marker.around(name, &mut action))
            .collect();
        costs.map(Samples::of)
    }
}

/// What it costs to send.
pub(crate) fn sent(socket: &Socket, request: &[u8]) -> Result<u64> {
    let (cost, sent) = cost_of(|| socket.send(request));
    sent.context("cannot send")?;
    Ok(cost)
}

/// What it costs to send, and to receive what comes back, which is as long.
pub(crate) fn round_trip(socket: &Socket, request: &[u8]) -> Result<u64> {
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
