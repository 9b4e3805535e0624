// SPDX-License-Identifier: MIT OR Apache-2.0

//! Long-running children (make, QEMU): logged, watched, and never left behind.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

/// The process groups of the children that run now, so that Ctrl-C ends all of them.
static GROUPS: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

/// What a shell reports for a command that SIGINT ended.
const INTERRUPTED: i32 = 130;

/// On SIGINT, SIGTERM and SIGHUP, ends every child group and then this process.
pub(crate) fn handle_signals() -> Result<()> {
    ctrlc::set_handler(|| {
        let groups = GROUPS.lock().unwrap_or_else(PoisonError::into_inner);
        for &group in groups.iter() {
            // A group that is gone already is what is wanted.
            let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
        }
        eprintln!("error: interrupted; every child process was ended");
        std::process::exit(INTERRUPTED);
    })
    .context("cannot install the signal handler")
}

/// A child in a process group of its own, which is killed as a whole when this is dropped.
pub(crate) struct Group {
    child: Child,
}

impl Group {
    /// Starts `command` as the leader of a new process group.
    pub(crate) fn spawn(command: &mut Command) -> Result<Self> {
        // Held while spawning, so that a signal cannot fall between the start and the note of it.
        let mut groups = GROUPS.lock().unwrap_or_else(PoisonError::into_inner);
        let child = command.process_group(0).spawn().with_context(|| {
            format!(
                "cannot start {}; is it installed?",
                command.get_program().to_string_lossy()
            )
        })?;
        groups.insert(pid(&child));
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
        GROUPS
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_goes_to_the_log_and_to_the_watcher() {
        let log = tempfile::NamedTempFile::new().unwrap();
        let mut lines = Vec::new();
        let status = run_logged(
            Command::new("sh").args(["-c", "echo one; echo two >&2; exit 3"]),
            log.path(),
            |line| lines.push(line.to_owned()),
        )
        .unwrap();
        assert_eq!(status.code(), Some(3));
        assert_eq!(lines, ["one", "two"]);
        assert_eq!(std::fs::read_to_string(log.path()).unwrap(), "one\ntwo\n");
    }

    #[test]
    fn dropping_a_group_ends_all_of_it() {
        let mut group = Group::spawn(
            Command::new("sh")
                .args(["-c", "sleep 1000 & echo $!; wait"])
                .stdout(Stdio::piped()),
        )
        .unwrap();
        let mut line = String::new();
        BufReader::new(group.child().stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let grandchild = Path::new("/proc").join(line.trim());
        assert!(grandchild.exists());
        drop(group);
        for _ in 0..100 {
            let stat = std::fs::read_to_string(grandchild.join("stat")).unwrap_or_default();
            if stat.is_empty() || stat.contains(") Z ") {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        panic!("the grandchild outlived its group");
    }
}
