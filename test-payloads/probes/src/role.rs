// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a probe has another process do, as another user or in other namespaces: this program again,
//! as `probes role NAME ARGUMENT…`. It prints what came of it, and the probe judges that.

use std::ffi::CString;
use std::fmt::Display;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use connector::process::{self as process_events, Event, Request, Thread};
use connector::{Error, Id, Message, Socket};
use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl;
use nix::unistd::{Gid, Uid, getuid, setgid, setsid, setuid};

use crate::{acknowledged, forks, groups, modules, proc_connector, store};

/// The user who may do nothing.
pub(crate) const NOBODY: u32 = 65534;

/// Namespaces in which the next role is nobody, and may do nothing there either.
pub(crate) const POWERLESS: &str = "user+net, powerless";

/// A command that plays a role.
pub(crate) fn command(words: &[&str]) -> Command {
    let mut command = Command::new("/proc/self/exe");
    command.arg("role").args(words);
    command
}

/// Plays a role, as root or as nobody, and gives what it printed.
pub(crate) fn play(words: &[&str], uid: u32) -> Result<String> {
    let mut command = command(words);
    if uid != 0 {
        command.uid(uid).gid(uid);
    }
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start {words:?}"))?;
    ensure!(
        output.status.success(),
        "{words:?} as {uid}: {}",
        output.status
    );
    Ok(String::from_utf8(output.stdout)?)
}

/// Starts a role.
pub(crate) fn start(words: &[&str]) -> Result<Child> {
    command(words)
        .spawn()
        .with_context(|| format!("cannot start {words:?}"))
}

/// Runs a role to its end and gives its process; its events tell how it ended.
pub(crate) fn run(words: &[&str]) -> Result<Thread> {
    let mut child = start(words)?;
    child.wait().context("cannot wait for a role")?;
    Ok(process(&child))
}

/// The only thread of a child.
pub(crate) fn process(child: &Child) -> Thread {
    let pid = child.id();
    Thread { tid: pid, pid }
}

/// The other side: plays the role that the command line names.
pub(crate) fn perform(words: &[String]) -> Result<()> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match *words.as_slice() {
        ["joins"] => joins(),
        ["asks", idx, val] => asks(Id::new(idx.parse()?, val.parse()?)),
        ["calls", idx, val, seq] => {
            let id = Id::new(idx.parse()?, val.parse()?);
            Ok(Socket::open(&[])?.send(&Message::new(id, seq.parse()?, 0, []))?)
        }
        ["sends", port, mask] => sends(port.parse()?, mask.parse()?),
        ["in", namespace, ref rest @ ..] => enter(namespace, rest),
        ["store", operation, name, value] => stores(operation.parse()?, name, value),
        ["table"] => {
            print!(
                "{}",
                proc_connector::read().unwrap_or_else(|_| "none\n".to_owned())
            );
            Ok(())
        }
        ["listens"] => listens(),
        ["keeps-listening"] => {
            let socket = Socket::open(&[process_events::ID.idx])?;
            socket.send(&Request::Listen.message(1, 1))?;
            loop {
                std::thread::park();
            }
        }
        ["alternates", one, other, rounds] => {
            alternates([one.parse()?, other.parse()?], rounds.parse()?)
        }
        ["overhears"] => overhears(),
        ["hears"] => groups::hear(),
        ["forks", count, every, waited] => {
            forks::make(count.parse()?, every.parse()?, waited.parse()?)
        }
        ["unloads", module] => modules::unload(&CString::new(module)?),
        ["exits", status] => std::process::exit(status.parse()?),
        ["aborts"] => std::process::abort(),
        ["waits"] => std::io::stdin()
            .read_to_end(&mut Vec::new())
            .map(drop)
            .context("no end"),
        ["waits", status] => {
            std::io::stdin()
                .read_to_end(&mut Vec::new())
                .context("no end")?;
            std::process::exit(status.parse()?)
        }
        ["lives", status] => lives(status.parse()?),
        _ => bail!("there is no role {words:?}"),
    }
}

fn shown<T, E: Display>(outcome: Result<T, E>, good: &str) -> String {
    outcome.map_or_else(|error| error.to_string(), |_| good.to_owned())
}

fn errno<T>(outcome: Result<T, Error>) -> Result<T, Errno> {
    outcome.map_err(|error| error.errno().unwrap_or(Errno::EBADMSG))
}

/// Which groups may be joined, both ways.
fn joins() -> Result<()> {
    let groups = |may: &dyn Fn(u32) -> bool| -> Vec<u32> { (1..=32).filter(|&g| may(g)).collect() };
    println!("bind {:?}", groups(&|group| Socket::open(&[group]).is_ok()));
    let socket = Socket::open(&[])?;
    println!("join {:?}", groups(&|group| socket.join(group).is_ok()));
    println!(
        "bind to 1 and 2: {}",
        shown(errno(Socket::open(&[1, 2])), "joined")
    );
    Ok(())
}

/// One request; the reply is there when it was sent.
fn asks(id: Id) -> Result<()> {
    let socket = match errno(Socket::open(&[])) {
        Ok(socket) => socket,
        Err(errno) => {
            println!("{errno}");
            return Ok(());
        }
    };
    let sent = errno(socket.send(&Message::new(id, 7, 7, *b"asked")));
    println!("{}", shown(sent, "sent"));
    match socket.receive(Duration::ZERO)? {
        Some(reply) => println!("{:?}", reply.datagram()?.messages),
        None => println!("no reply"),
    }
    Ok(())
}

/// One operation of the sample that stores values, and what came of it.
fn stores(operation: u32, name: &str, value: &str) -> Result<()> {
    let request = store::request(operation, name, value.as_bytes());
    println!("{}", store::outcome(&acknowledged::open()?, request)?);
    Ok(())
}

/// To another port or a group.
fn sends(port: u32, mask: u32) -> Result<()> {
    let sent = Socket::open(&[])?.send_bytes_to(&[0; 64], port, mask);
    println!("{}", shown(errno(sent), "sent"));
    Ok(())
}

/// The rest of the words in a new namespace.
fn enter(namespace: &str, words: &[&str]) -> Result<()> {
    let flag = match namespace {
        "net" => CloneFlags::CLONE_NEWNET,
        "user" => CloneFlags::CLONE_NEWUSER,
        "user+net" | POWERLESS => CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNET,
        "pid" => CloneFlags::CLONE_NEWPID,
        _ => bail!("there is no namespace {namespace}"),
    };
    let uid = getuid();
    unshare(flag).with_context(|| format!("cannot make a new namespace {namespace}"))?;
    if flag.contains(CloneFlags::CLONE_NEWUSER) && namespace != POWERLESS {
        // Root there; else the next role would start without the namespace's capabilities.
        std::fs::write("/proc/self/uid_map", format!("0 {uid} 1"))
            .context("cannot become root of the namespace")?;
    }
    // A pid namespace holds the next child, not its maker.
    let status = command(words)
        .status()
        .context("cannot start the next role")?;
    ensure!(status.success(), "{words:?}: {status}");
    Ok(())
}

/// Asks for process events and says what the answer was.
fn listens() -> Result<()> {
    let socket = Socket::open(&[1])?;
    for (request, seq) in [(Request::Listen, 1), (Request::Ignore, 2)] {
        socket.send(&request.message(seq, seq))?;
        let mut answer = None;
        while let Some(received) = socket.receive(Duration::ZERO)? {
            for message in received.datagram()?.messages {
                let event = Event::decode(&message.data).context("not an event")?;
                answer = answer.or((message.ack > 0).then_some(event.what));
            }
        }
        println!("{request:?}: {answer:?}");
    }
    Ok(())
}

/// Asks for process events with one operation and then another, and so on.
fn alternates(operations: [u32; 2], rounds: u32) -> Result<()> {
    let socket = Socket::open(&[])?;
    for _ in 0..rounds {
        for operation in operations {
            let data = operation.to_ne_bytes();
            socket.send(&Message::new(process_events::ID, 1, 1, data))?;
        }
    }
    Ok(())
}

/// Joins the group of process events, asks for nothing, and says whether something is heard.
fn overhears() -> Result<()> {
    let member = match errno(Socket::open(&[process_events::ID.idx])) {
        Ok(member) => member,
        Err(errno) => {
            println!("{errno}");
            return Ok(());
        }
    };
    prctl::set_name(c"overhears").context("no name of its own")?;
    let heard = member.receive(Duration::ZERO)?.is_some();
    println!("{}", if heard { "heard" } else { "silence" });
    Ok(())
}

/// A life with every event that a process can bring about by itself.
fn lives(status: i32) -> Result<()> {
    setsid().context("no session of its own")?;
    prctl::set_name(c"sixteen letters and more").context("no name of its own")?;
    setgid(Gid::from_raw(NOBODY)).context("still root's group")?;
    setuid(Uid::from_raw(NOBODY)).context("still root")?;
    std::process::exit(status)
}
