// SPDX-License-Identifier: MIT OR Apache-2.0

//! Programs of others, unmodified: the kernel's sample client `ucon`, its self-test `proc_filter`,
//! `forkstat` of the distribution, and `procwatch`, which is built on the client crate.

use std::process::Stdio;

use anyhow::{Context, Result};
use connector::Socket;
use connector::process::{ID, Request};

use crate::expect::same;
use crate::kernel_log::KernelLog;
use crate::ktap::{Group, Test, Transcript};
use crate::listener::{acknowledged, until_exit};
use crate::modules::Module;
use crate::program::Program;
use crate::role::command;

pub(crate) const GROUP: Group = Group {
    name: "programs",
    tests: &[
        Test::new("ucon-hears-cn-test-count", ucon_listens),
        Test::new("ucon-sends-cn-test-ten-thousand-messages", ucon_sends),
        Test::new("proc-filter-reports-a-life", proc_filter),
        Test::new(
            "proc-filter-with-a-filter-reports-failures-alone",
            proc_filter_filtered,
        ),
        Test::new("forkstat-reports-fork-exec-and-exit", forkstat),
        Test::new("procwatch-reports-fork-exec-and-exit", procwatch),
        Test::new("procwatch-filters", procwatch_filtered),
    ],
};

/// Starts a program that asks for process events, and returns it when the kernel has taken that,
/// with a socket that hears what it hears, and no earlier.
fn start_listener(name: &str, arguments: &[&str]) -> Result<(Program, Socket)> {
    let bystander = Socket::open(&[ID.idx])?;
    let program = Program::start(name, arguments)?;
    acknowledged(&bystander, &Request::Listen.message(0, 0))
        .with_context(|| format!("{name} does not ask for events"))?;
    Ok((program, bystander))
}

/// Runs a process that exits with `status`; gives its pid.
fn process(status: &str) -> Result<u32> {
    let mut child = command(&["exits", status]).spawn()?;
    child.wait()?;
    Ok(child.id())
}

fn ucon_listens(transcript: &mut Transcript) -> Result<()> {
    let ucon = Program::start("ucon", &[])?;
    ucon.idle_in(1 << 13)?;
    let cn_test = Module::load("cn_test")?;
    let lines = ucon.lines_until(|line| line.contains(" : ["))?;
    let [subscribing, heard] = lines.as_slice() else {
        return same("lines", lines, Vec::new());
    };
    same(
        "the first line",
        subscribing.as_str(),
        "subscribing to 14.1110",
    )?;
    // The time of day comes first.
    let message = heard.split_once(" : ").map(|(_, message)| message);
    same("the message", message, Some("[e.457] [00000000.00000000]."))?;
    transcript.note(format!("{subscribing}, {}", message.unwrap_or_default()));
    cn_test.unload()
}

fn ucon_sends(transcript: &mut Transcript) -> Result<()> {
    let cn_test = Module::load("cn_test")?;
    let mut log = KernelLog::from_now()?;
    let (status, lines) = Program::start("ucon", &["-s"])?.finish()?;
    same("the status", status.code(), Some(0))?;
    let mut want = vec!["subscribing to 14.1110"];
    want.resize(11, "1000 messages have been sent to 0000000e.00000456.");
    same(
        "the lines",
        lines.iter().map(String::as_str).collect::<Vec<_>>(),
        want,
    )?;
    let received = log.count("idx=e, val=456, seq=0, ack=0, len=0: .")?;
    transcript.note(format!("cn_test received {received}"));
    same("what cn_test received", received, 10_000)?;
    cn_test.unload()
}

fn proc_filter(transcript: &mut Transcript) -> Result<()> {
    let (program, bystander) = start_listener("proc_filter", &[])?;
    let pid = process("3")?;
    until_exit(&bystander, pid)?;
    program.idle_in(1)?;
    let (status, lines) = program.interrupt()?;
    same("the status", status.code(), Some(0))?;
    let own = std::process::id();
    for want in [
        format!("# Fork process {pid} (tgid {pid}), parent {own} (tgid {own})"),
        format!("# Exec process {pid} (tgid {pid})"),
        format!("# Exit process {pid} (tgid {pid}) with code 768, signal 17"),
    ] {
        let found = lines.iter().filter(|line| **line == want).count();
        same(&want, found, 1).with_context(|| format!("{lines:#?}"))?;
        transcript.note(
            want.replace(&pid.to_string(), "CHILD")
                .replace(&own.to_string(), "SELF"),
        );
    }
    let last = lines.last().map(String::as_str).unwrap_or_default();
    same("the summary", last.starts_with("Done total count: "), true)
}

fn proc_filter_filtered(transcript: &mut Transcript) -> Result<()> {
    let (program, bystander) = start_listener("proc_filter", &["-f"])?;
    let (good, bad) = (process("0")?, process("3")?);
    until_exit(&bystander, bad)?;
    program.idle_in(1)?;
    let (status, lines) = program.interrupt()?;
    same("the status", status.code(), Some(0))?;
    let about = |pid: u32| -> Vec<&String> {
        let mark = format!(" process {pid} ");
        lines.iter().filter(|line| line.contains(&mark)).collect()
    };
    same("lines about who succeeded", about(good), Vec::new())?;
    let want = format!("# Exit process {bad} (tgid {bad}) with code 768, signal 17");
    same("lines about who failed", about(bad), vec![&want])?;
    transcript.note(want.replace(&bad.to_string(), "CHILD"));
    Ok(())
}

fn forkstat(transcript: &mut Transcript) -> Result<()> {
    let (program, _) = start_listener("forkstat", &["-l", "-e", "fork,exec,exit"])?;
    // It says nothing of the fork of a process that is gone by the time it looks it up.
    let mut child = command(&["waits", "3"]).stdin(Stdio::piped()).spawn()?;
    let pid = child.id().to_string();
    // Time, event, pid, info, duration, process.
    let of_child = |line: &str| -> Option<(String, String)> {
        let mut words = line.split_whitespace().skip(1);
        let (event, about) = (words.next()?, words.next()?);
        let rest = words.collect::<Vec<_>>().join(" ");
        (about == pid).then(|| (event.to_owned(), rest))
    };
    let is = |wanted| move |line: &str| of_child(line).is_some_and(|(event, _)| event == wanted);
    let mut lines = program.lines_until(is("exec"))?;
    drop(child.stdin.take());
    child.wait()?;
    lines.extend(program.lines_until(is("exit"))?);
    let events: Vec<_> = lines.iter().filter_map(|line| of_child(line)).collect();
    let names: Vec<_> = events.iter().map(|(event, _)| event.as_str()).collect();
    transcript.note(names.join(", "));
    same("the events", names, vec!["fork", "exec", "exit"])
        .with_context(|| format!("{lines:#?}"))?;
    let exit = events
        .last()
        .map(|(_, rest)| rest.split(' ').next().unwrap_or_default());
    // It prints the status as wait(2) has it.
    same("the exit status", exit, Some("768"))?;
    let (status, _) = program.interrupt()?;
    same("the status", status.code(), Some(0))
}

/// As [`start_listener`], for a program whose request has its port for an `ack`: its first socket's
/// port is its pid.
fn start_procwatch(arguments: &[&str]) -> Result<(Program, Socket)> {
    let bystander = Socket::open(&[ID.idx])?;
    let program = Program::start("procwatch", arguments)?;
    acknowledged(&bystander, &Request::Listen.message(0, program.pid()))
        .context("procwatch does not ask for events")?;
    Ok((program, bystander))
}

/// The events in lines of JSON that are about process `pid`.
fn events_of(lines: &[String], pid: u32) -> Vec<&str> {
    let about = format!("\"pid\":{pid},");
    lines
        .iter()
        .filter(|line| line.contains(&about))
        .filter_map(|line| line.strip_prefix("{\"event\":\"")?.split('"').next())
        .collect()
}

fn procwatch(transcript: &mut Transcript) -> Result<()> {
    let (program, bystander) = start_procwatch(&["--json", "--events", "all"])?;
    // Of a process that comes and goes while the list is read it knows little.
    program.lines_until(|line| line.contains("\"in-step\""))?;
    let pid = process("3")?;
    until_exit(&bystander, pid)?;
    let ends = format!("\"pid\":{pid},\"tid\":{pid},");
    let lines = program.lines_until(|line| line.contains("\"exit\"") && line.contains(&ends))?;
    let events = events_of(&lines, pid);
    transcript.note(events.join(", "));
    same("the events", events, vec!["fork", "exec", "exit"])?;
    let last = lines.last().map(String::as_str).unwrap_or_default();
    same(
        "the end has its status and how long it took",
        last.contains("\"status\":3") && last.contains("\"lived_ns\":"),
        true,
    )
    .with_context(|| last.to_owned())?;
    let (status, _) = program.interrupt()?;
    same("the status", status.code(), Some(0))
}

fn procwatch_filtered(transcript: &mut Transcript) -> Result<()> {
    let arguments = ["-e", "exit", "--failed", "--lines", "1"];
    let (program, bystander) = start_procwatch(&arguments)?;
    let (good, bad) = (process("0")?, process("7")?);
    until_exit(&bystander, bad)?;
    let (status, lines) = program.finish()?;
    same("the status", status.code(), Some(0))?;
    let [line] = lines.as_slice() else {
        return same("lines", lines, Vec::new());
    };
    // Time, event, pid, name, and what else there is.
    let words: Vec<&str> = line.split_whitespace().collect();
    same("the event", words.get(1).copied(), Some("exit"))?;
    same(
        "the process",
        words.get(2).copied(),
        Some(bad.to_string().as_str()),
    )
    .with_context(|| format!("{good} is the one that did not fail"))?;
    same("the end", line.contains(" status 7"), true)?;
    transcript.note("one line, of the process that failed");
    Ok(())
}
