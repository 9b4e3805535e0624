// SPDX-License-Identifier: MIT OR Apache-2.0

//! Who watches processes knows what was lost, and who lives.

use std::collections::BTreeSet;
use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use connector::process::{Change, Heard, Kinds, Listener, Loss, Notice, Synthetic, Watch};
use nix::errno::Errno;
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::count::count;
use crate::expect::{PATIENCE, same};
use crate::forks::Forks;
use crate::ktap::{Group, Test, Transcript};
use crate::role::run;
use crate::scheduling::stay_on;

pub(crate) const GROUP: Group = Group {
    name: "watch",
    tests: &[
        Test::new("a-storm-leaves-the-right-picture", storm),
        Test::new("a-list-that-cannot-be-read-is-read-later", unreadable),
        Test::new("what-is-lost-is-counted-to-the-event", counted),
        Test::new("with-room-nothing-is-lost", roomy),
    ],
};

/// The smallest buffer that the kernel gives.
const SMALL: usize = 0;

/// A buffer for what a few processes do, and not for what a hundred do.
const MODEST: usize = 16 << 10;

/// Step between those processes of a storm that stay.
const EVERY: usize = 25;

/// A consumer that believes what it is told, and nothing else.
#[derive(Default)]
struct Follower {
    living: BTreeSet<u32>,
    /// Everything that was found was told after the last loss.
    in_step: bool,
    lost: u32,
    appeared: usize,
    vanished: usize,
}

impl Follower {
    fn follow(&mut self, notice: Notice) -> Result<()> {
        let contradicts = match &notice {
            Notice::Event { event, change } => match change {
                Some(Change::Started) => {
                    let pid = event.what.subject().context("nobody started")?.pid;
                    !self.living.insert(pid)
                }
                Some(Change::Ended(process)) => !self.living.remove(&process.pid),
                None => false,
            },
            Notice::Synthetic(Synthetic::Appeared(process)) => {
                self.appeared += 1;
                !self.living.insert(process.pid)
            }
            Notice::Synthetic(Synthetic::Vanished(process)) => {
                self.vanished += 1;
                !self.living.remove(&process.pid)
            }
            Notice::Synthetic(Synthetic::Renamed(process)) => !self.living.contains(&process.pid),
            Notice::Lost(loss) => {
                self.in_step = false;
                if let Loss::Overrun { events } = loss {
                    self.lost += events;
                }
                false
            }
            Notice::InStep => {
                self.in_step = true;
                false
            }
        };
        ensure!(!contradicts, "{notice:?} contradicts what was told before");
        Ok(())
    }

    /// Follows until nothing is left to be told.
    fn catch_up(&mut self, watch: &mut Watch) -> Result<()> {
        while let Some(notice) = watch.try_next()? {
            self.follow(notice)?;
        }
        ensure!(self.in_step, "not in step with nothing left to be told");
        Ok(())
    }

    /// The picture must be that of the kernel, at a moment in which that does not change.
    fn judge(&mut self, watch: &mut Watch) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let before = living()?;
            // A process ends before that is reported.
            sleep(Duration::from_millis(20));
            self.catch_up(watch)?;
            let after = living()?;
            if before == after && watch.try_next()?.is_none() {
                same("what was told", &self.living, &after)?;
                let known: BTreeSet<u32> = watch.processes().keys().copied().collect();
                return same("what the watch knows", known, after);
            }
            if Instant::now() > deadline {
                bail!("processes come and go all the time: {before:?}, {after:?}");
            }
            self.catch_up(watch)?;
        }
    }
}

/// The processes that live. None of those here ends its first thread before the others.
fn living() -> Result<BTreeSet<u32>> {
    let mut pids = BTreeSet::new();
    for entry in fs::read_dir("/proc").context("no list of processes")? {
        let entry = entry?;
        let Ok(pid) = entry.file_name().to_string_lossy().parse() else {
            continue;
        };
        let status = fs::read_to_string(entry.path().join("status")).unwrap_or_default();
        let state = status.lines().find_map(|line| line.strip_prefix("State:"));
        if state.is_some_and(|state| !state.trim_start().starts_with(['Z', 'X'])) {
            pids.insert(pid);
        }
    }
    Ok(pids)
}

/// Without a descriptor left the process list cannot be read. The watch says so, and does not take
/// its picture for right; with room again it makes it so.
fn unreadable(_: &mut Transcript) -> Result<()> {
    let mut watch = Watch::with_receive_buffer(SMALL)?;
    let mut follower = Follower::default();
    follower.catch_up(&mut watch)?;
    let mut storm = Forks::start(count("forks")?, EVERY, true)?;
    storm.wait_until_made()?;
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, 0, hard)?;
    let asked = ask_in_vain(&mut watch, &mut follower);
    setrlimit(Resource::RLIMIT_NOFILE, soft, hard)?;
    asked?;
    follower.judge(&mut watch).context("with room again")?;
    ensure!(follower.lost > 0, "nothing was lost: no storm");
    storm.end()
}

/// Follows until there is nothing else to tell than that the list cannot be read.
fn ask_in_vain(watch: &mut Watch, follower: &mut Follower) -> Result<()> {
    let mut in_a_row = 0;
    while in_a_row < 10 {
        match watch.try_next() {
            Ok(Some(notice)) => {
                in_a_row = 0;
                follower.follow(notice)?;
            }
            Ok(None) => bail!("it is content without the list"),
            Err(error) => {
                in_a_row += 1;
                same("what was refused", error.errno(), Some(Errno::EMFILE))?;
            }
        }
    }
    Ok(())
}

/// Two storms, one whose dead are waited for and one whose dead are removed at once; processes
/// from before that end meanwhile; and a consumer that reads too slowly.
fn storm(transcript: &mut Transcript) -> Result<()> {
    let mut elders = Forks::start(20, 1, true)?;
    elders.wait_until_made()?;
    let mut watch = Watch::with_receive_buffer(SMALL)?;
    let mut follower = Follower::default();
    follower.catch_up(&mut watch)?;
    follower.judge(&mut watch).context("before the storm")?;
    let (appeared, vanished) = (follower.appeared, follower.vanished);

    let forks = count("forks")?;
    let mut storms = [
        Forks::start(forks, EVERY, true)?,
        Forks::start(forks, EVERY, false)?,
    ];
    elders.end()?;
    for _ in 0..50 {
        sleep(Duration::from_millis(2));
        for _ in 0..20 {
            if let Some(notice) = watch.try_next()? {
                follower.follow(notice)?;
            }
        }
    }
    for storm in &mut storms {
        storm.wait_until_made()?;
    }
    follower.judge(&mut watch).context("behind the storm")?;
    ensure!(follower.lost > 0, "nothing was lost: no storm");
    ensure!(
        follower.appeared > appeared && follower.vanished > vanished,
        "{} appeared, {} vanished: the list was not needed",
        follower.appeared - appeared,
        follower.vanished - vanished
    );

    for storm in storms {
        storm.end()?;
    }
    follower.judge(&mut watch).context("when all are gone")?;
    transcript.note("what was told and what the watch knows are what /proc lists");
    Ok(())
}

/// What a listener heard.
#[derive(Default)]
struct Sums {
    events: usize,
    /// Events that found no room.
    overrun: u32,
    /// Numbers of events that did not come.
    missing: u32,
}

impl Sums {
    /// Adds what is there, and what comes late: an exit is reported when its parent may have gone
    /// on.
    fn add_all(&mut self, listener: &mut Listener) -> Result<()> {
        while let Some(heard) = listener.next_within(Duration::from_millis(50))? {
            match heard {
                Heard::Event(_) => self.events += 1,
                Heard::Lost(Loss::Overrun { events }) => self.overrun += events,
                Heard::Lost(Loss::Gap(gap)) => self.missing += gap.count,
            }
        }
        Ok(())
    }

    /// Lets each processor report something while there is room, so that what is missing of its
    /// numbers shows.
    fn add_each_processor(&mut self, listener: &mut Listener) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let before = self.overrun;
            for processor in [0, 1] {
                stay_on(processor)?;
                run(&["exits", "0"])?;
                self.add_all(listener)?;
            }
            if self.overrun == before {
                return Ok(());
            }
            ensure!(Instant::now() < deadline, "there is never room");
        }
    }
}

fn counted(transcript: &mut Transcript) -> Result<()> {
    let mut listener = Listener::with(Kinds::empty(), MODEST)?;
    let mut sums = Sums::default();
    sums.add_each_processor(&mut listener)?;
    for count in [100, 1, 300] {
        let mut storm = Forks::start(count, count + 1, true)?;
        storm.wait_until_made()?;
        storm.end()?;
        sums.add_all(&mut listener)?;
    }
    sums.add_each_processor(&mut listener)?;
    ensure!(sums.overrun > 100, "only {} events were lost", sums.overrun);
    same("missing numbers", sums.missing, sums.overrun)?;
    same(
        "the socket's count",
        listener.socket().drops()?,
        sums.overrun,
    )?;
    transcript.note("as many numbers are missing as events found no room");
    Ok(())
}

/// Nothing is missing, and every process is reported twice.
fn roomy(_: &mut Transcript) -> Result<()> {
    let mut listener = Listener::open()?;
    let forks = count("forks")?;
    let mut storm = Forks::start(forks, forks + 1, true)?;
    storm.wait_until_made()?;
    storm.end()?;
    let mut sums = Sums::default();
    sums.add_all(&mut listener)?;
    same("lost", (sums.overrun, sums.missing), (0, 0))?;
    ensure!(sums.events >= 2 * forks, "only {} events", sums.events);
    Ok(())
}
