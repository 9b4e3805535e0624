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
mod tests {
    use super::*;

    #[test]
    fn captured_output_is_given_and_a_failure_shows_the_errors() {
        let mut both = Command::new("sh");
        both.args(["-c", "echo out; echo err >&2"]);
        assert_eq!(capture(&mut both).unwrap(), "out\n");
        let mut failing = Command::new("sh");
        failing.args(["-c", "echo why >&2; exit 3"]);
        let error = capture(&mut failing).unwrap_err().to_string();
        assert!(error.ends_with("failed (exit status: 3): why"), "{error}");
        let error = capture(&mut Command::new("/no/such/tool"))
            .unwrap_err()
            .to_string();
        assert!(error.contains("is it installed?"), "{error}");
    }

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

    /// Waits until a process of this id is gone, or only waits to be reaped.
    fn assert_ends(pid: &str) {
        let stat = Path::new("/proc").join(pid.trim()).join("stat");
        for _ in 0..100 {
            let text = std::fs::read_to_string(&stat).unwrap_or_default();
            if text.is_empty() || text.contains(") Z ") {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("process {pid} is still there");
    }

    /// Starts a process of its own, says which, and waits for it, whatever it is told.
    const STUBBORN: &str = "trap '' TERM; sleep 1000 & echo $!; wait";

    #[test]
    fn dropping_a_group_ends_all_of_it() {
        let mut group = Group::spawn(
            Command::new("sh")
                .args(["-c", STUBBORN])
                .stdout(Stdio::piped()),
        )
        .unwrap();
        let mut line = String::new();
        BufReader::new(group.child().stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        drop(group);
        assert_ends(&line);
    }

    /// Where the program that a test starts is to write what it runs.
    const LOG: &str = "INTERRUPTED_TEST_LOG";

    /// Runs the test `name` a second time, as a program; returns when that has written a line.
    fn started(name: &str, log: &Path) -> Child {
        let mut program = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", &format!("process::tests::{name}")])
            .env(LOG, log)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        while !std::fs::read_to_string(log).unwrap().ends_with('\n') {
            assert_eq!(program.try_wait().unwrap(), None);
            std::thread::sleep(Duration::from_millis(20));
        }
        program
    }

    fn send(signal: Signal, program: &Child) {
        kill(Pid::from_raw(pid(program)), signal).unwrap();
    }

    #[test]
    fn an_interrupt_ends_this_process_and_all_that_it_started() {
        if let Some(log) = std::env::var_os(LOG) {
            handle_signals().unwrap();
            let mut make = Command::new("sh");
            run_logged(make.args(["-c", STUBBORN]), Path::new(&log), |_| {}).unwrap();
            unreachable!("it waits for a process that does not end");
        }
        let log = tempfile::NamedTempFile::new().unwrap();
        let name = "an_interrupt_ends_this_process_and_all_that_it_started";
        let mut program = started(name, log.path());
        send(Signal::SIGINT, &program);
        assert_eq!(program.wait().unwrap().code(), Some(INTERRUPTED));
        assert_ends(&std::fs::read_to_string(log.path()).unwrap());
    }

    #[test]
    fn an_interrupt_is_for_the_child_that_a_person_talks_to() {
        if let Some(log) = std::env::var_os(LOG) {
            handle_signals().unwrap();
            let log = File::create(log).unwrap();
            let mut child = Command::new("sh");
            converse(child.args(["-c", "echo $$; exec sleep 1000"]).stdout(log)).unwrap();
            unreachable!("it talks to a process that does not end");
        }
        let log = tempfile::NamedTempFile::new().unwrap();
        let name = "an_interrupt_is_for_the_child_that_a_person_talks_to";
        let mut program = started(name, log.path());
        send(Signal::SIGINT, &program);
        std::thread::sleep(2 * GRACE);
        assert_eq!(program.try_wait().unwrap(), None);
        send(Signal::SIGTERM, &program);
        assert_eq!(program.wait().unwrap().code(), Some(INTERRUPTED));
        assert_ends(&std::fs::read_to_string(log.path()).unwrap());
    }
}
