// SPDX-License-Identifier: MIT OR Apache-2.0

//! A role that makes many processes, some of which stay until it ends.

use std::io::{BufRead, BufReader, Read, stdin};
use std::process::{Child, ChildStdout, Stdio};
use std::thread::yield_now;

use anyhow::{Context, Result, ensure};
use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::{SigHandler, Signal, kill, signal};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork};

use crate::role::command;

/// What it says when it has made them all.
const DONE: &str = "done\n";

/// The role's side: makes `count` processes, of which every `every`th stays. With `waited` it waits
/// for each of the others; else the kernel removes them when they end.
pub(crate) fn make(count: usize, every: usize, waited: bool) -> Result<()> {
    if !waited {
        // SAFETY: No handler of this program's is called.
        unsafe { signal(Signal::SIGCHLD, SigHandler::SigIgn) }.context("cannot ignore a signal")?;
    }
    let mut staying = Vec::new();
    for number in 1..=count {
        let stays = number % every == 0;
        let pid = child(stays)?;
        if stays {
            staying.push(pid);
        } else if waited {
            waitpid(pid, None).context("cannot wait for a child")?;
        }
    }
    print!("{DONE}");
    stdin().read_to_end(&mut Vec::new()).context("no end")?;
    for pid in staying {
        kill(pid, Signal::SIGKILL).context("cannot end a child")?;
        if waited {
            waitpid(pid, None).context("cannot wait for a child")?;
        }
    }
    Ok(())
}

fn child(stays: bool) -> Result<Pid> {
    loop {
        // SAFETY: The role has one thread, and the child only waits or ends.
        match unsafe { fork() } {
            Ok(ForkResult::Parent { child }) => return Ok(child),
            Ok(ForkResult::Child) if stays => loop {
                // SAFETY: It takes nothing and changes nothing.
                unsafe { libc::pause() };
            },
            // SAFETY: It takes a number, and does not return.
            Ok(ForkResult::Child) => unsafe { libc::_exit(0) },
            // As many as there can be have not ended yet.
            Err(Errno::EAGAIN) => yield_now(),
            Err(errno) => return Err(errno).context("cannot fork"),
        }
    }
}

/// The probe's side.
pub(crate) struct Forks {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Forks {
    /// Starts the role.
    pub(crate) fn start(count: usize, every: usize, waited: bool) -> Result<Self> {
        let (count, every, waited) = (count.to_string(), every.to_string(), waited.to_string());
        let mut child = command(&["forks", &count, &every, &waited])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start to fork")?;
        let stdout = BufReader::new(child.stdout.take().context("no pipe")?);
        Ok(Self { child, stdout })
    }

    /// Returns when all are made.
    pub(crate) fn wait_until_made(&mut self) -> Result<()> {
        let mut line = String::new();
        self.stdout.read_line(&mut line).context("no line")?;
        ensure!(line == DONE, "the role said {line:?}");
        Ok(())
    }

    /// Ends those that stay, and the role.
    pub(crate) fn end(mut self) -> Result<()> {
        drop(self.child.stdin.take());
        let status = self.child.wait().context("cannot wait for the role")?;
        ensure!(status.success(), "the role that forks: {status}");
        Ok(())
    }
}
