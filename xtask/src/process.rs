// SPDX-License-Identifier: MIT OR Apache-2.0

//! Long-running children (make, QEMU): logged, watched, and never left behind.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// The children that run now, so that none of them is left behind.
static CHILDREN: Mutex<Children> = Mutex::new(Children {
    groups: BTreeSet::new(),
    foreground: None,
});

struct Children {
    /// The process groups that Ctrl-C does not reach by itself.
    groups: BTreeSet<i32>,
    /// The one that a person talks to, in this program's own group.
    foreground: Option<i32>,
}

/// What a shell reports for a command that SIGINT ended.
const INTERRUPTED: i32 = 130;

/// How long children may take to put things in order (git its locks, make its half-made files)
/// before they are killed.
const GRACE: Duration = Duration::from_millis(400);

/// On SIGINT, SIGTERM and SIGHUP, ends every child and then this process. While a person talks to
/// a child, Ctrl-C is the child's.
pub(crate) fn handle_signals() -> Result<()> {
    let mut signals =
        Signals::new([SIGINT, SIGTERM, SIGHUP]).context("cannot install the signal handler")?;
    std::thread::spawn(move || {
        for signal in signals.forever() {
            let children = CHILDREN.lock().unwrap_or_else(PoisonError::into_inner);
            if signal != SIGINT || children.foreground.is_none() {
                end(&children);
            }
        }
    });
    Ok(())
}

fn end(children: &Children) -> ! {
    let end_all = |signal| {
        // One that is gone already is what is wanted.
        for &group in &children.groups {
            let _ = killpg(Pid::from_raw(group), signal);
        }
        if let Some(child) = children.foreground {
            let _ = kill(Pid::from_raw(child), signal);
        }
    };
    end_all(Signal::SIGTERM);
    std::thread::sleep(GRACE);
    end_all(Signal::SIGKILL);
    eprintln!("error: interrupted; every child process was ended");
    std::process::exit(INTERRUPTED);
}

/// Runs a child that a person talks to, with this program's terminal, to its end.
pub(crate) fn converse(command: &mut Command) -> Result<ExitStatus> {
    let children = || CHILDREN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut child = {
        // Held while spawning, as in `Group::spawn`.
        let mut children = children();
        let child = command.spawn().with_context(|| cannot_start(command))?;
        children.foreground = Some(pid(&child));
        child
    };
    let status = child.wait();
    children().foreground = None;
    status.context("cannot wait for the child")
}

fn cannot_start(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    format!("cannot start {program}; is it installed?")
}

/// A child in a process group of its own, which is killed as a whole when this is dropped.
pub(crate) struct Group {
    child: Child,
}

impl Group {
    /// Starts `command` as the leader of a new process group.
    pub(crate) fn spawn(command: &mut Command) -> Result<Self> {
        // Held while spawning, so that a signal cannot fall between the start and the note of it.
        let mut children = CHILDREN.lock().unwrap_or_else(PoisonError::into_inner);
        let spawned = command.process_group(0).spawn();
        let child = spawned.with_context(|| cannot_start(command))?;
        children.groups.insert(pid(&child));
        Ok(Self { child })
    }

    /// The leader.
    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let group = pid(&self.child);
        // Both fail only when nothing is left to end.
        let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
        let _ = self.child.wait();
        CHILDREN
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .groups
            .remove(&group);
    }
}

fn pid(child: &Child) -> i32 {
    // A pid is a positive i32 in the kernel; the standard library widens it.
    child.id().cast_signed()
}

/// Runs `command` to its end, appends its output (both streams, as they come) to the file `log`
/// and hands every line to `watch`.
pub(crate) fn run_logged(
    command: &mut Command,
    log: &Path,
    mut watch: impl FnMut(&str),
) -> Result<ExitStatus> {
    let cannot = || format!("cannot write the log {}", log.display());
    let mut file = File::options()
        .create(true)
        .append(true)
        .open(log)
        .with_context(cannot)?;
    let (reader, writer) = std::io::pipe().context("cannot make a pipe")?;
    let errors = writer.try_clone().context("cannot make a pipe")?;
    command.stdin(Stdio::null()).stdout(writer).stderr(errors);
    let mut group = Group::spawn(command)?;
    // `command` keeps its ends of the pipe open, so that the end of the output would never come.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut reader = BufReader::new(reader);
    let mut line = Vec::new();
    while reader
        .read_until(b'\n', &mut line)
        .context("cannot read the output")?
        > 0
    {
        file.write_all(&line).with_context(cannot)?;
        watch(String::from_utf8_lossy(&line).trim_end());
        line.clear();
    }
    group.child().wait().context("cannot wait for the child")
}

/// Runs `command` to its end and gives what it wrote to its standard output.
///
/// It runs in a group of its own, as everything here; a failure shows what it wrote to its
/// standard error.
pub(crate) fn capture(command: &mut Command) -> Result<String> {
    let shown = shown(command);
    let (status, output, errors) = collect(command)?;
    if !status.success() {
        bail!("`{shown}` failed ({status}): {}", errors.trim());
    }
    Ok(output)
}

/// Runs `command` to its end; gives its status, its standard output and its standard error.
pub(crate) fn collect(command: &mut Command) -> Result<(ExitStatus, String, String)> {
    collect_from(command, Stdio::null())
}

/// As [`collect`], with something to read.
pub(crate) fn collect_from(
    command: &mut Command,
    input: Stdio,
) -> Result<(ExitStatus, String, String)> {
    command
        .stdin(input)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut group = Group::spawn(command)?;
    let errors = group.child().stderr.take().map(|mut stderr| {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            stderr.read_to_end(&mut bytes).map(|_| bytes)
        })
    });
    let mut output = Vec::new();
    if let Some(mut stdout) = group.child().stdout.take() {
        stdout
            .read_to_end(&mut output)
            .context("cannot read the output")?;
    }
    let status = group.child().wait().context("cannot wait for the child")?;
    let errors = match errors.map(std::thread::JoinHandle::join) {
        Some(Ok(bytes)) => bytes.context("cannot read the errors")?,
        Some(Err(_)) | None => Vec::new(),
    };
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ok((status, text(output), text(errors)))
}

/// The command as one would type it.
pub(crate) fn shown(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests;
