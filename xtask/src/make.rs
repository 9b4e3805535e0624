// SPDX-License-Identifier: MIT OR Apache-2.0

//! The kernel's own build, run so that the same input gives the same bytes, and its failures told.

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;
use std::{env, thread};

use anyhow::{Result, bail};

use crate::arch::Arch;
use crate::process;
use crate::stage::Stage;
use crate::toolchain::Toolchain;

/// What a kernel would else note of the time and place of its build; `KBUILD_BUILD_VERSION` is
/// the `#1` of `uname -v`, else counted up at each link.
const FIXED: [(&str, &str); 4] = [
    ("KBUILD_BUILD_TIMESTAMP", "Thu Jan  1 00:00:00 UTC 2026"),
    ("KBUILD_BUILD_USER", "connector"),
    ("KBUILD_BUILD_HOST", "xtask"),
    ("KBUILD_BUILD_VERSION", "1"),
];

/// How many lines of the output are shown when it has no line that looks like an error.
const TAIL: usize = 15;

/// How many lines that look like errors are shown.
const ERRORS: usize = 12;

/// The tree, the folder for its objects and the tools that a `make` works with.
pub(crate) struct Make<'a> {
    /// What it builds for.
    pub(crate) arch: Arch,
    /// Which tools.
    pub(crate) toolchain: &'a Toolchain,
    /// The work tree.
    pub(crate) tree: &'a Path,
    /// The object folder (`O=`).
    pub(crate) objects: &'a Path,
    /// Where all output goes.
    pub(crate) log: &'a Path,
}

impl Make<'_> {
    /// `make` with nothing of the caller's environment but where things are: not its language,
    /// compiler flags, `MAKEFLAGS` or what cargo sets.
    pub(crate) fn command(&self) -> Command {
        let mut command = clean(&self.toolchain.make);
        command
            .arg("-C")
            .arg(self.tree)
            .arg(format!("O={}", self.objects.display()))
            .arg(format!("ARCH={}", self.arch.of_kernel()))
            .args(self.toolchain.make_arguments())
            // Else `setlocalversion` adds a `+`, because the series is not a tagged release.
            .arg("LOCALVERSION=");
        command
    }

    /// Runs `make` for `targets`; on a terminal and in plain lines, `stage` says how far it is.
    pub(crate) fn run<I, A>(&self, targets: I, stage: &mut Stage) -> Result<()>
    where
        I: IntoIterator<Item = A>,
        A: AsRef<OsStr>,
    {
        self.run_expecting(targets, None, stage).map(|_| ())
    }

    /// As [`Self::run`]; returns the number of steps, and shows how far they are if so many are
    /// `expected`.
    pub(crate) fn run_expecting<I, A>(
        &self,
        targets: I,
        expected: Option<usize>,
        stage: &mut Stage,
    ) -> Result<usize>
    where
        I: IntoIterator<Item = A>,
        A: AsRef<OsStr>,
    {
        let output = Output {
            expected,
            ..Output::default()
        };
        run_reading(&mut self.all_jobs(targets), self.log, stage, output, |_| {})
    }

    /// As [`Self::run`]; `read` is called with each line that is printed.
    pub(crate) fn run_reading<I, A>(
        &self,
        targets: I,
        stage: &mut Stage,
        read: impl FnMut(&str),
    ) -> Result<()>
    where
        I: IntoIterator<Item = A>,
        A: AsRef<OsStr>,
    {
        let output = Output::default();
        run_reading(&mut self.all_jobs(targets), self.log, stage, output, read).map(|_| ())
    }

    fn all_jobs<I, A>(&self, targets: I) -> Command
    where
        I: IntoIterator<Item = A>,
        A: AsRef<OsStr>,
    {
        let mut command = self.command();
        command.arg(format!("-j{}", jobs())).args(targets);
        command
    }
}

/// A command with an environment that cannot change what is built.
pub(crate) fn clean(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().envs(FIXED).env("LC_ALL", "C");
    for name in ["PATH", "HOME", "TMPDIR"] {
        command.envs(env::var_os(name).map(|value| (name, value)));
    }
    command
}

/// Runs a step of a build, its output appended to `log`; an error says why it failed, in the
/// build's own words, and where the whole of them is.
pub(crate) fn run(command: &mut Command, log: &Path, stage: &mut Stage) -> Result<()> {
    run_reading(command, log, stage, Output::default(), |_| {}).map(|_| ())
}

fn run_reading(
    command: &mut Command,
    log: &Path,
    stage: &mut Stage,
    mut output: Output,
    mut read: impl FnMut(&str),
) -> Result<usize> {
    let status = process::run_logged(command, log, |line| {
        read(line);
        if let Some(step) = output.read(line) {
            stage.progress(step);
        }
    })?;
    if status.success() {
        return Ok(output.steps);
    }
    let log = log.display();
    if output.disk_is_full {
        bail!(
            "the disk is full: `make` found no space left on the device\n\
             free some, for example with `cargo xtask clean`, and run this again\nlog: {log}"
        );
    }
    bail!(
        "`make` failed ({status}):\n{}\nlog: {log}",
        output.excerpt()
    );
}

/// As many as there are processors.
fn jobs() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Number of steps, errors and last lines of a build's output.
#[derive(Default)]
struct Output {
    steps: usize,
    expected: Option<usize>,
    errors: Vec<String>,
    last: VecDeque<String>,
    disk_is_full: bool,
}

impl Output {
    /// Takes a line; returns how far the build is if it is a step.
    fn read(&mut self, line: &str) -> Option<String> {
        self.disk_is_full |= line.contains("No space left on device");
        let error = line.contains("error:") || line.contains("error[") || line.contains("*** ");
        if error && self.errors.len() < ERRORS {
            self.errors.push(line.to_owned());
        }
        if self.last.len() == TAIL {
            self.last.pop_front();
        }
        self.last.push_back(line.to_owned());
        let (tag, file) = kbuild_step(line)?;
        self.steps += 1;
        let total = self.expected.map(|total| format!(" of about {total}"));
        let total = total.unwrap_or_default();
        Some(format!("{}{total} steps, {tag} {file}", self.steps))
    }

    fn excerpt(&self) -> String {
        let lines: Vec<_> = if self.errors.is_empty() {
            self.last.iter().collect()
        } else {
            self.errors.iter().collect()
        };
        lines
            .iter()
            .map(|line| format!("  {line}"))
            .collect::<Vec<_>>()
            .join("\n")
    }
}

/// Reads kbuild's `  CC [M]  net/core/sock.o`.
fn kbuild_step(line: &str) -> Option<(&str, &str)> {
    let mut words = line.strip_prefix("  ")?.split_whitespace();
    let tag = words.next()?;
    let is_tag = tag
        .bytes()
        .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    is_tag.then_some((tag, words.next_back()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::unix::fs::PermissionsExt;

    /// Runs a `make` that does what the shell lines say; gives the error and the log.
    fn failing_make(lines: &str) -> (String, String) {
        let folder = tempfile::tempdir().unwrap();
        let make = folder.path().join("make");
        let mut file = std::fs::File::create(&make).unwrap();
        writeln!(file, "#!/bin/sh\n{lines}").unwrap();
        file.set_permissions(PermissionsExt::from_mode(0o755))
            .unwrap();
        drop(file);
        let log = folder.path().join("log");
        let error = run(&mut clean(&make), &log, &mut Stage::start("test")).unwrap_err();
        let shown = format!("{error:#}").replace(&log.display().to_string(), "LOG");
        (shown, std::fs::read_to_string(&log).unwrap())
    }

    #[test]
    fn a_full_disk_is_called_so() {
        let (error, log) = failing_make(
            "echo '  CC      init/main.o'\n\
             echo \"fatal error: error in backend: IO failure: No space left on device\" >&2\n\
             echo 'make[1]: *** [init/main.o] Error 1' >&2; exit 2",
        );
        assert!(error.starts_with("the disk is full"), "{error}");
        assert!(error.ends_with("log: LOG"), "{error}");
        assert!(log.contains("IO failure"), "{log}");
    }

    #[test]
    fn a_failure_shows_the_errors_and_not_what_came_after() {
        let (error, _) = failing_make(
            "echo 'a.c:1:2: error: no such thing'\nfor i in $(seq 40); do echo \"  CC x$i.o\"; done\n\
             echo 'make: *** [x] Error 1'; exit 2",
        );
        assert_eq!(
            error,
            "`make` failed (exit status: 2):\n  a.c:1:2: error: no such thing\n  \
             make: *** [x] Error 1\nlog: LOG"
        );
    }

    #[test]
    fn a_failure_without_an_error_line_shows_the_end() {
        let (error, _) = failing_make("for i in $(seq 40); do echo line $i; done; exit 1");
        assert!(
            error.contains("  line 40\n") && error.contains("  line 26\n"),
            "{error}"
        );
        assert!(!error.contains("line 25\n"), "{error}");
    }

    #[test]
    fn progress_is_read_from_kbuild() {
        assert_eq!(
            kbuild_step("  CC [M]  net/core/sock.o"),
            Some(("CC", "net/core/sock.o"))
        );
        let mut output = Output {
            expected: Some(2600),
            ..Output::default()
        };
        let step = output.read("  CC      init/main.o");
        assert_eq!(
            step.as_deref(),
            Some("1 of about 2600 steps, CC init/main.o")
        );
        assert_eq!(kbuild_step("  in between.c"), None);
        assert_eq!(kbuild_step("make[1]: Entering directory"), None);
    }
}
