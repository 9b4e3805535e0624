// SPDX-License-Identifier: MIT OR Apache-2.0

//! A picture against a kernel, whose list is read while all goes on.

mod kernel;

use std::cell::RefCell;
use std::collections::BTreeSet;

use self::kernel::Kernel;
use super::*;

/// The one who is shown the events, and what it knows from what it is told alone.
#[derive(Default)]
struct Consumer {
    picture: Picture,
    told: BTreeSet<u32>,
    readings: usize,
}

impl Consumer {
    fn step(&mut self, kernel: &RefCell<Kernel>) {
        let lost = kernel.borrow().lost;
        if lost && kernel.borrow_mut().random.u8(..10) == 0 {
            // It does not wait for the queue to be empty for ever.
            return self.read(kernel);
        }
        let event = kernel.borrow_mut().receive();
        match event {
            Some(event) => self.hear(&event, kernel),
            None if lost => self.read(kernel),
            None => {}
        }
    }

    fn hear(&mut self, event: &Event, kernel: &RefCell<Kernel>) {
        let change = (self.picture)
            .observe(event, 0, |pid| Ok(kernel.borrow().look(pid)))
            .unwrap();
        match change {
            Some(Change::Started) => {
                assert!(self.told.insert(event.what.subject().unwrap().pid));
            }
            Some(Change::Ended(process)) => assert!(self.told.remove(&process.pid)),
            None => {}
        }
    }

    fn read(&mut self, kernel: &RefCell<Kernel>) {
        kernel.borrow_mut().lost = false;
        self.readings += 1;
        let read_ns = kernel.borrow_mut().time();
        let mut list = Vec::new();
        let pids = kernel.borrow().pids;
        for pid in 1..=pids {
            list.extend(kernel.borrow().look(pid));
            let steps = kernel.borrow_mut().random.u8(..3);
            (0..steps).for_each(|_| kernel.borrow_mut().step());
        }
        for difference in self.picture.reconcile(list, read_ns) {
            match difference {
                Synthetic::Appeared(process) => assert!(self.told.insert(process.pid)),
                Synthetic::Vanished(process) => assert!(self.told.remove(&process.pid)),
                Synthetic::Renamed(process) => assert!(self.told.contains(&process.pid)),
            }
        }
    }
}

/// Lets things happen for a while, and then lets everything be reported and received.
fn live(kernel: &RefCell<Kernel>, consumer: &mut Consumer) {
    let steps = kernel.borrow_mut().random.u8(..60);
    for _ in 0..steps {
        kernel.borrow_mut().step();
        if kernel.borrow_mut().random.u8(..3) == 0 {
            consumer.step(kernel);
        }
    }
    while !kernel.borrow().at_rest() {
        kernel.borrow_mut().hurry();
        consumer.step(kernel);
    }
}

#[test]
fn in_the_end_the_picture_is_right_whatever_happened() {
    let mut readings = 0;
    for seed in 0..3000 {
        let kernel = RefCell::new(Kernel::new(seed));
        let mut consumer = Consumer::default();
        for _ in 0..20 {
            live(&kernel, &mut consumer);
            let truth = kernel.borrow().living();
            let picture: BTreeSet<u32> = consumer.picture.living().keys().copied().collect();
            assert_eq!(picture, truth, "seed {seed}");
            assert_eq!(consumer.told, truth, "what was told, seed {seed}");
        }
        readings += consumer.readings;
    }
    assert!(readings > 1000, "{readings} losses are too few");
}
