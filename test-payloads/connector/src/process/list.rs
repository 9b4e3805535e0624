// SPDX-License-Identifier: MIT OR Apache-2.0

//! The processes that `/proc` lists.

use std::fs;
use std::io;

use nix::errno::Errno;
use nix::unistd::{SysconfVar, sysconf};

use crate::Error;
use crate::error::refused;
use crate::process::Unavailable;

/// How often a process is looked at that changes while it is looked at.
const LOOKS: usize = 8;

/// A living process: one with a thread that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) pid: u32,
    /// The process it was made by, or who has taken its place.
    pub(crate) parent: u32,
    /// At most 15 bytes for programs; what kernel threads do can be longer.
    pub(crate) name: Vec<u8>,
    /// When it was made, in nanoseconds since boot, rounded down to a clock tick.
    pub(crate) born_ns: u64,
    /// Its first thread has ended, others have not.
    pub(crate) headless: bool,
}

/// Reads `/proc`.
#[derive(Debug)]
pub(crate) struct List {
    tick_ns: u64,
}

impl List {
    pub(crate) fn new() -> Result<Self, Error> {
        let action = "learn the length of a clock tick";
        let ticks = sysconf(SysconfVar::CLK_TCK)
            .map_err(|errno| refused(action, errno))?
            .and_then(|ticks| u64::try_from(ticks).ok())
            .filter(|&ticks| ticks > 0)
            .ok_or_else(|| refused(action, Errno::EINVAL))?;
        Ok(Self {
            tick_ns: 1_000_000_000 / ticks,
        })
    }

    /// Every process that lives the whole time of the call, and some of those that do not.
    pub(crate) fn read(&self) -> Result<Vec<Found>, Error> {
        let cannot = |error| failed("read the list of processes", &error);
        let mut all = Vec::new();
        for entry in fs::read_dir("/proc").map_err(cannot)? {
            let name = entry.map_err(cannot)?.file_name();
            if let Some(pid) = name.to_str().and_then(|name| name.parse().ok()) {
                all.extend(self.look(pid)?);
            }
        }
        // Nobody is without the first one; who does not see it, does not see others either.
        if all.iter().any(|found| found.pid == 1) {
            Ok(all)
        } else {
            Err(Unavailable::HiddenProcesses.into())
        }
    }

    /// The process `pid`, if it lives.
    pub(crate) fn look(&self, pid: u32) -> Result<Option<Found>, Error> {
        for _ in 0..LOOKS {
            let line = match fs::read(format!("/proc/{pid}/stat")) {
                Ok(line) => line,
                Err(error) => match error.raw_os_error().map(Errno::from_raw) {
                    Some(Errno::ENOENT | Errno::ESRCH) => return Ok(None),
                    Some(Errno::EACCES | Errno::EPERM) => {
                        return Err(Unavailable::HiddenProcesses.into());
                    }
                    _ => return Err(failed(&format!("look at process {pid}"), &error)),
                },
            };
            let stat = Stat::parse(&line)
                .ok_or_else(|| Error::Unexpected(format!("a line about process {pid}")))?;
            match stat {
                // It was removed, or lost its place to a thread of its own, between two fields.
                Stat { threads: 0, .. } => {}
                Stat { state: b'X', .. } => return Ok(None),
                Stat {
                    state: b'Z',
                    threads: 1,
                    ..
                } => return Ok(None),
                stat => return Ok(Some(stat.found(pid, self.tick_ns))),
            }
        }
        Ok(None)
    }
}

fn failed(action: &str, error: &io::Error) -> Error {
    let errno = error.raw_os_error().map_or(Errno::EIO, Errno::from_raw);
    refused(action, errno)
}

/// What matters of a line of `/proc/PID/stat`.
#[derive(Debug, PartialEq, Eq)]
struct Stat<'a> {
    name: &'a [u8],
    state: u8,
    parent: u32,
    /// Those that have ended count until they are removed, as the first one is with the last one.
    threads: u32,
    /// In clock ticks since boot.
    start: u64,
}

impl<'a> Stat<'a> {
    /// The name is in brackets, and can hold brackets itself.
    fn parse(line: &'a [u8]) -> Option<Self> {
        let open = line.iter().position(|&byte| byte == b'(')?;
        let close = line.iter().rposition(|&byte| byte == b')')?;
        let name = line.get(open + 1..close)?;
        let rest = std::str::from_utf8(line.get(close + 1..)?).ok()?;
        let mut words = rest.split_ascii_whitespace();
        Some(Self {
            name,
            state: *words.next()?.as_bytes().first()?,
            parent: words.next()?.parse().ok()?,
            threads: words.nth(15)?.parse().ok()?,
            start: words.nth(1)?.parse().ok()?,
        })
    }

    fn found(&self, pid: u32, tick_ns: u64) -> Found {
        Found {
            pid,
            parent: self.parent,
            name: self.name.to_vec(),
            born_ns: self.start.saturating_mul(tick_ns),
            headless: self.state == b'Z',
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &[u8] = b"42 (a) b (c)) S 7 42 42 0 -1 4194560 90 0 0 0 1 2 0 0 20 0 3 0 5150 \
        2457600 300 18446744073709551615 0 0 0 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0\n";

    #[test]
    fn a_line_is_understood_whatever_the_name() {
        let stat = Stat::parse(LINE).unwrap();
        let want = Stat {
            name: b"a) b (c)",
            state: b'S',
            parent: 7,
            threads: 3,
            start: 5150,
        };
        assert_eq!(stat, want);
        assert_eq!(stat.found(42, 10_000_000).born_ns, 51_500_000_000);
    }

    #[test]
    fn a_line_that_is_cut_is_not() {
        let start = LINE.iter().rposition(|&b| b == b')').unwrap();
        assert_eq!(Stat::parse(&LINE[..start]), None);
        assert_eq!(Stat::parse(&LINE[..start + 30]), None);
        assert_eq!(Stat::parse(b""), None);
        assert_eq!(Stat::parse(b") ("), None);
    }

    #[test]
    fn this_process_is_found_and_none_that_is_not_there() {
        let list = List::new().unwrap();
        let own = list.look(std::process::id()).unwrap().unwrap();
        assert!(!own.headless && own.parent > 0, "{own:?}");
        // Beyond the largest pid there can be.
        assert_eq!(list.look(1 << 30).unwrap(), None);
    }
}
