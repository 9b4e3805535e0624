// SPDX-License-Identifier: MIT OR Apache-2.0

//! Carrying out one step of the plan.

use std::ffi::CString;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;

use anyhow::{Context, Result, bail};
use initramfs::plan::{Call, Step};
use initramfs::{MODULES, PROGRAMS};
use nix::kmod::{DeleteModuleFlags, ModuleInitFlags, delete_module, finit_module};
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::results::Results;

/// Where a person is.
const TERMINAL: &str = "/dev/ttyS0";

/// Carries out `step`; what its program prints goes to `results` as it comes.
pub(crate) fn carry_out(step: &Step, env: &[(String, String)], results: &Results) -> Result<()> {
    match step {
        Step::Load { module, parameters } => load(module, parameters),
        Step::Unload { module } => unload(module),
        Step::Run(call) => start(call, env, results, str::to_owned),
        Step::Exec(call) => start(call, env, results, comment),
        Step::Attach(call) => attach(call, env),
    }
}

fn load(module: &str, parameters: &[String]) -> Result<()> {
    let path = format!("{MODULES}/{module}");
    let file = File::open(&path).with_context(|| format!("cannot open {path}"))?;
    let parameters = CString::new(parameters.join(" ")).context("a parameter holds a zero byte")?;
    finit_module(&file, &parameters, ModuleInitFlags::empty())
        .with_context(|| format!("cannot load {module}"))
}

fn unload(module: &str) -> Result<()> {
    let name = CString::new(module).context("the name holds a zero byte")?;
    delete_module(&name, DeleteModuleFlags::O_NONBLOCK)
        .with_context(|| format!("cannot unload {module}"))
}

/// Runs a program to its end, passes on each line of its output as `passed_on` words it, and each
/// line of its complaints as a comment.
fn start(
    call: &Call,
    env: &[(String, String)],
    results: &Results,
    passed_on: fn(&str) -> String,
) -> Result<()> {
    let mut child = command(call, env)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", call.program))?;
    let (output, complaints) = (child.stdout.take(), child.stderr.take());
    thread::scope(|scope| {
        let complaints = scope.spawn(|| forward(complaints, comment, results));
        forward(output, passed_on, results)?;
        complaints.join().unwrap_or(Ok(()))
    })?;
    let status = child.wait().context("cannot wait for it")?;
    reap_orphans();
    judge(status)
}

/// Runs a program to its end on the terminal where the kernel log goes.
fn attach(call: &Call, env: &[(String, String)]) -> Result<()> {
    let open = || {
        let terminal = File::options().read(true).write(true).open(TERMINAL);
        terminal.with_context(|| format!("cannot open {TERMINAL}"))
    };
    let status = command(call, env)
        .stdin(open()?)
        .stdout(open()?)
        .stderr(open()?)
        .status()
        .with_context(|| format!("cannot start {}", call.program))?;
    reap_orphans();
    judge(status)
}

/// The program of a call with what every program gets.
fn command(call: &Call, env: &[(String, String)]) -> Command {
    let mut command = Command::new(format!("{PROGRAMS}/{}", call.program));
    command
        .args(&call.arguments)
        .env_clear()
        .envs([("HOME", "/tmp"), ("PATH", PROGRAMS)])
        .envs(env.iter().map(|(name, value)| (name, value)))
        .current_dir("/tmp");
    command
}

/// An error unless the program ended well.
fn judge(status: ExitStatus) -> Result<()> {
    match (status.code(), status.signal()) {
        (Some(0), _) => Ok(()),
        (Some(code), _) => bail!("exit status {code}"),
        (None, Some(signal)) => match Signal::try_from(signal) {
            Ok(signal) => bail!("killed by {signal}"),
            Err(_) => bail!("killed by signal {signal}"),
        },
        (None, None) => bail!("ended without an exit status"),
    }
}

fn comment(line: &str) -> String {
    format!("# {line}")
}

fn forward(
    stream: Option<impl Read>,
    passed_on: fn(&str) -> String,
    results: &Results,
) -> Result<()> {
    let Some(stream) = stream else { return Ok(()) };
    let mut reader = BufReader::new(stream);
    let mut line = Vec::new();
    while reader
        .read_until(b'\n', &mut line)
        .context("cannot read its output")?
        > 0
    {
        let text = String::from_utf8_lossy(&line);
        results.nested(&passed_on(text.trim_end_matches('\n')))?;
        line.clear();
    }
    Ok(())
}

/// What a program leaves behind becomes PID 1's child.
fn reap_orphans() {
    let any = Pid::from_raw(-1);
    while let Ok(status) = waitpid(any, Some(WaitPidFlag::WNOHANG)) {
        if status == WaitStatus::StillAlive {
            return;
        }
    }
}
