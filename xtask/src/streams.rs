// SPDX-License-Identifier: MIT OR Apache-2.0

//! The kernel log and the results of a guest, split among the scenarios that share it.

use initramfs::{END_OF_SCENARIOS, SCENARIO};

/// The place that a stream has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// No scenario has begun.
    Before,
    /// In that scenario, counted from 0.
    Within(usize),
    /// Every scenario has ended.
    After,
}

/// One stream. A line outside of all scenarios belongs to each of them, so that nothing in it goes
/// unjudged.
#[derive(Debug)]
pub(crate) struct Stream {
    names: Vec<String>,
    place: Place,
    before: Vec<String>,
    within: Vec<Vec<String>>,
    after: Vec<String>,
}

impl Stream {
    /// The stream of a guest that runs the scenarios `names`, in this order.
    pub(crate) fn new(names: Vec<String>) -> Self {
        Self {
            within: vec![Vec::new(); names.len()],
            names,
            place: Place::Before,
            before: Vec::new(),
            after: Vec::new(),
        }
    }

    /// Takes a line and returns its place. The line that marks a place is part of it.
    pub(crate) fn push(&mut self, line: String) -> Place {
        self.place = self.next(&line);
        match self.place {
            Place::Before => &mut self.before,
            Place::Within(scenario) => &mut self.within[scenario],
            Place::After => &mut self.after,
        }
        .push(line);
        self.place
    }

    /// The place of the last line.
    pub(crate) fn place(&self) -> Place {
        self.place
    }

    /// All lines that belong to a scenario, in their order.
    pub(crate) fn of(&self, scenario: usize) -> Vec<String> {
        [&self.before, &self.within[scenario], &self.after]
            .map(Vec::as_slice)
            .concat()
    }

    /// Returns true if the scenario was announced.
    pub(crate) fn announces(&self, scenario: usize) -> bool {
        !self.within[scenario].is_empty()
    }

    /// The name of the scenario in which the stream ended, if not all had ended.
    pub(crate) fn broken_off(&self) -> Option<&str> {
        match self.place {
            Place::Within(scenario) => Some(&self.names[scenario]),
            Place::Before | Place::After => None,
        }
    }

    /// Marks come in one order only: any other line that looks like one is a line like others.
    fn next(&self, line: &str) -> Place {
        let (follower, is_last) = match self.place {
            Place::Before => (0, false),
            Place::Within(scenario) => (scenario + 1, scenario + 1 == self.names.len()),
            Place::After => return Place::After,
        };
        let mark = marked(line);
        match self.names.get(follower) {
            Some(name) if mark.and_then(|mark| mark.strip_prefix(SCENARIO)) == Some(name) => {
                Place::Within(follower)
            }
            None if is_last && mark == Some(END_OF_SCENARIOS) => Place::After,
            _ => self.place,
        }
    }
}

/// The text of a comment on the port of results, or of a line of the kernel log.
fn marked(line: &str) -> Option<&str> {
    let timed = || {
        line.strip_prefix('[')?
            .split_once("] ")
            .map(|(_, text)| text)
    };
    line.strip_prefix("# ").or_else(timed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 2] = ["events", "watch"];

    fn stream(lines: &[&str]) -> Stream {
        let mut stream = Stream::new(NAMES.map(str::to_owned).into());
        for line in lines {
            stream.push((*line).to_owned());
        }
        stream
    }

    #[test]
    fn a_line_belongs_to_its_scenario_or_to_all() {
        let lines = [
            "[ 0.0] Linux",
            "[ 1.0] connector-init: scenario events",
            "[ 1.1] of events",
            "[ 2.0] connector-init: scenario watch",
            "[ 2.1] of watch",
            "[ 3.0] connector-init: end of scenarios",
            "[ 3.1] kmemleak: 1 new suspected memory leaks",
        ];
        let stream = stream(&lines);
        assert_eq!(stream.of(0), [0, 1, 2, 5, 6].map(|line| lines[line]));
        assert_eq!(stream.of(1), [0, 3, 4, 5, 6].map(|line| lines[line]));
        assert_eq!(stream.broken_off(), None);
        let everywhere = [stream.of(0), stream.of(1)].concat();
        assert!(
            lines
                .iter()
                .all(|line| everywhere.iter().any(|l| l == line))
        );
    }

    #[test]
    fn the_scenario_in_which_a_guest_dies_is_known() {
        let broken = stream(&["# connector-init: scenario events", "KTAP version 1"]);
        assert_eq!(broken.broken_off(), Some("events"));
        assert_eq!(broken.of(1), [""; 0]);
        assert_eq!(stream(&["junk"]).of(1), ["junk"]);
    }

    #[test]
    fn a_mark_out_of_order_or_nested_is_a_line_like_others() {
        let lines = [
            "# connector-init: scenario watch",
            "# connector-init: end of scenarios",
            "  # connector-init: scenario events",
            "# connector-init: scenario events",
            "# connector-init: end of scenarios",
            "# connector-init: scenario events",
        ];
        let stream = stream(&lines);
        assert_eq!(stream.broken_off(), Some("events"));
        assert_eq!(stream.of(0).len(), 6);
        assert_eq!(stream.of(1).len(), 3);
    }
}
