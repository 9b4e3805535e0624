// SPDX-License-Identifier: MIT OR Apache-2.0

//! Where there are no process events, the client crate says so, and why, instead of waiting.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use connector::process::{Listener, Unavailable};

use crate::expect::same;
use crate::ktap::{Group, Test, Transcript};
use crate::role::play;

pub(crate) const GROUP: Group = Group {
    name: "unavailable",
    tests: &[
        Test::new("here-events-are-heard", |transcript| {
            told(transcript, &["hears"], "heard")
        }),
        Test::new("who-is-in-another-namespace-is-told-so", namespaces),
    ],
};

/// Before the core is loaded.
pub(crate) const WITHOUT_CONNECTOR: Group = Group {
    name: "without-connector",
    tests: &[Test::new("a-listener-is-told-so", |transcript| {
        told(
            transcript,
            &["hears"],
            &Unavailable::NoConnector.to_string(),
        )
    })],
};

/// In a kernel that has a connector, but does not report events through it.
pub(crate) const WITHOUT_EVENTS: Group = Group {
    name: "without-events",
    tests: &[Test::new("a-listener-is-told-so", |transcript| {
        let why = Unavailable::NoProcessEvents;
        told(transcript, &["hears"], &why.to_string())
    })],
};

/// The longest that it may take to say so.
const PROMISE: Duration = Duration::from_millis(100);

/// How often it is asked at most: a busy machine delays an answer now and then, but a client that
/// waits for something delays all of them.
const ATTEMPTS: usize = 5;

/// The role's side: asks, and says in one line what came of it, and in another whether it came in
/// time.
pub(crate) fn hear() -> Result<()> {
    let (mut outcome, mut elapsed) = ask();
    for _ in 1..ATTEMPTS {
        if elapsed < PROMISE {
            break;
        }
        (outcome, elapsed) = ask();
    }
    match outcome {
        Ok(_) => println!("heard"),
        Err(connector::Error::Unavailable(why)) => println!("{why}"),
        Err(error) => bail!("another error: {error}"),
    }
    if elapsed < PROMISE {
        println!("in time");
    } else {
        println!("after {elapsed:?}");
    }
    Ok(())
}

fn ask() -> (Result<Listener, connector::Error>, Duration) {
    let started = Instant::now();
    let outcome = Listener::open();
    (outcome, started.elapsed())
}

fn told(transcript: &mut Transcript, role: &[&str], want: &str) -> Result<()> {
    let said = play(role, 0)?;
    let lines: Vec<&str> = said.lines().collect();
    transcript.note(lines.join(", "));
    same("what it said", lines, vec![want, "in time"])
}

fn namespaces(transcript: &mut Transcript) -> Result<()> {
    for (namespace, why) in [
        ("net", Unavailable::NetworkNamespace),
        ("pid", Unavailable::PidNamespace),
        ("user", Unavailable::UserNamespace),
    ] {
        told(transcript, &["in", namespace, "hears"], &why.to_string())?;
    }
    Ok(())
}
