// SPDX-License-Identifier: MIT OR Apache-2.0

//! A program that somebody else wrote, under the eye of a probe.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::expect::PATIENCE;

/// How long to wait before looking again.
const PAUSE: Duration = Duration::from_millis(2);

/// A running program and the lines it prints; dropping it ends it.
pub(crate) struct Program {
    name: String,
    child: Child,
    lines: Receiver<String>,
}

impl Program {
    /// Starts a program of `/bin`.
    pub(crate) fn start(name: &str, arguments: &[&str]) -> Result<Self> {
        let mut child = Command::new(format!("/bin/{name}"))
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {name}; does the scenario list it?"))?;
        let stdout = child.stdout.take().context("no pipe")?;
        let (sender, lines) = channel();
        // Ends with the program's output, or with whoever wants to know it.
        thread::spawn(move || {
            let lines = BufReader::new(stdout).lines();
            lines
                .map_while(Result::ok)
                .try_for_each(|line| sender.send(line))
        });
        let name = name.to_owned();
        Ok(Self { name, child, lines })
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The next line that is `wanted` must come; gives it and those before it.
    pub(crate) fn lines_until(&self, wanted: impl Fn(&str) -> bool) -> Result<Vec<String>> {
        let deadline = Instant::now() + PATIENCE;
        let mut lines = Vec::new();
        loop {
            let patience = deadline.saturating_duration_since(Instant::now());
            let line = self.lines.recv_timeout(patience).with_context(|| {
                format!("{} did not print what it should, only {lines:?}", self.name)
            })?;
            lines.push(line);
            if lines.last().is_some_and(|line| wanted(line)) {
                return Ok(lines);
            }
        }
    }

    /// Waits until it is a member of the groups in `mask` (and of others, maybe) and has read what
    /// was sent to it.
    pub(crate) fn idle_in(&self, mask: u32) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while netlink_socket(self.pid())?
            .is_none_or(|socket| socket.groups & mask != mask || socket.unread != 0)
        {
            if Instant::now() > deadline {
                bail!(
                    "{} did not join groups {mask:#x} or does not read",
                    self.name
                );
            }
            thread::sleep(PAUSE);
        }
        Ok(())
    }

    /// Waits for its end; gives its status and the lines that nobody has taken yet.
    pub(crate) fn finish(mut self) -> Result<(ExitStatus, Vec<String>)> {
        // It may have thousands of messages to get through, in a kernel that checks each step.
        let deadline = Instant::now() + 4 * PATIENCE;
        self.end_by(deadline, |_| Ok(()))
    }

    /// Interrupts it, as Ctrl-C would, until it ends: a signal that comes just before a wait is
    /// noticed by no program that only sets a flag.
    pub(crate) fn interrupt(mut self) -> Result<(ExitStatus, Vec<String>)> {
        let deadline = Instant::now() + PATIENCE;
        self.end_by(deadline, |pid| Ok(kill(pid, Signal::SIGINT)?))
    }

    fn end_by(
        &mut self,
        deadline: Instant,
        urge: impl Fn(Pid) -> Result<()>,
    ) -> Result<(ExitStatus, Vec<String>)> {
        let pid = Pid::from_raw(i32::try_from(self.pid())?);
        loop {
            urge(pid)?;
            thread::sleep(PAUSE);
            if let Some(status) = self.child.try_wait()? {
                return Ok((status, self.lines.iter().collect()));
            }
            if Instant::now() > deadline {
                bail!("{} does not end", self.name);
            }
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the kernel says of a netlink socket.
struct NetlinkSocket {
    groups: u32,
    /// Bytes of memory that what it has not read takes.
    unread: u64,
}

/// The connector socket whose port is `pid`, which netlink gives to a process's first socket.
fn netlink_socket(pid: u32) -> Result<Option<NetlinkSocket>> {
    const CONNECTOR: &str = "11";
    let table = fs::read_to_string("/proc/net/netlink").context("no list of netlink sockets")?;
    let port = pid.to_string();
    for line in table.lines() {
        let columns: Vec<&str> = line.split_whitespace().collect();
        if let &[_, CONNECTOR, owner, groups, unread, ..] = columns.as_slice()
            && owner == port
        {
            return Ok(Some(NetlinkSocket {
                groups: u32::from_str_radix(groups, 16)?,
                unread: unread.parse()?,
            }));
        }
    }
    Ok(None)
}
