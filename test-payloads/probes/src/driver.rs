// SPDX-License-Identifier: MIT OR Apache-2.0

//! The test module `cn_probe.ko`: a driver in the kernel that does what it is told through
//! `/proc/cn_probe`. `test-payloads/modules/cn_probe` documents the commands.

use std::cell::Cell;
use std::fs::File;
use std::io::Write;
use std::marker::PhantomData;
use std::os::unix::fs::FileExt;
use std::str::FromStr;

use anyhow::{Context, Result, anyhow};
use connector::Id;
use nix::errno::Errno;

/// The longest answer the module gives.
const ANSWER_MAX: usize = 128;

/// What a connector function returned: a length or 0, or why not.
pub(crate) type Answer = Result<u32, Errno>;

/// The module, over one open file.
///
/// Not for several threads: the file keeps the answer to the last command only.
pub(crate) struct Driver {
    file: File,
    not_sync: PhantomData<Cell<()>>,
}

/// What a registered id's callback does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Does {
    /// Nothing.
    Quiet,
    /// Sends the message back to the sender, with ack + 1.
    Echo,
    /// Does as [`Does::Echo`] does, `seq` times.
    Repeat,
    /// Waits for [`Driver::release`], at most `seq` milliseconds.
    Hold,
    /// Removes its own id.
    Leave,
    /// Waits as [`Does::Hold`] does, then removes its own id.
    Linger,
    /// Removes its own id, then waits as [`Does::Hold`] does.
    Depart,
    /// Waits as [`Does::Hold`] does, then removes the id whose `val` differs in the lowest bit.
    Cross,
}

/// Where and how the module sends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Send {
    pub(crate) id: Id,
    /// Of the first message; it counts up.
    pub(crate) seq: u32,
    pub(crate) ack: u32,
    /// Bytes of data of each message.
    pub(crate) len: usize,
    /// Messages in the datagram.
    pub(crate) count: u32,
    /// 0 for no port.
    pub(crate) port: u32,
    /// 0 for no group.
    pub(crate) group: u32,
    /// Whether the sender must not sleep.
    pub(crate) atomic: bool,
    /// Sockets of this priority are passed over; 0 for none.
    pub(crate) past: u32,
}

impl Send {
    /// One empty message of `id`, to the group that is looked up by it.
    pub(crate) fn by_id(id: Id) -> Self {
        Self {
            id,
            seq: 0,
            ack: 0,
            len: 0,
            count: 1,
            port: 0,
            group: 0,
            atomic: false,
            past: 0,
        }
    }

    /// The same to a group.
    pub(crate) fn group(self, group: u32) -> Self {
        Self { group, ..self }
    }

    /// The same to a port.
    pub(crate) fn port(self, port: u32) -> Self {
        Self { port, ..self }
    }
}

/// What the callbacks of the module have seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Calls since the module was loaded.
    pub(crate) calls: u32,
    /// Calls that have not returned yet.
    pub(crate) running: u32,
    /// The id of the last call's message, and the rest of its header.
    pub(crate) id: Id,
    pub(crate) seq: u32,
    pub(crate) ack: u32,
    pub(crate) len: u32,
    pub(crate) flags: u32,
    /// Who sent it.
    pub(crate) port: u32,
    pub(crate) uid: u32,
}

impl Driver {
    /// Opens the module's file.
    pub(crate) fn open() -> Result<Self> {
        let file = File::options()
            .read(true)
            .write(true)
            .open("/proc/cn_probe")
            .context("cannot open /proc/cn_probe; is cn_probe.ko loaded?")?;
        Ok(Self {
            file,
            not_sync: PhantomData,
        })
    }

    /// Registers `id` under the name `name`, until somebody removes it.
    pub(crate) fn register(&self, id: Id, does: Does, name: &str) -> Result<Answer> {
        let does = format!("{does:?}").to_lowercase();
        self.ask(&format!("add {} {} {does} {name}", id.idx, id.val))
    }

    /// Registers `id` under the name `name`, until what is returned is dropped.
    pub(crate) fn add_as(
        &self,
        id: Id,
        does: Does,
        name: &str,
    ) -> Result<Result<Registered, Errno>> {
        let answer = self.register(id, does, name)?;
        // The guard needs a file of its own: tests drop it in whatever order suits them.
        let driver = Self::open()?;
        Ok(answer.map(|_| Registered { driver, id }))
    }

    /// Registers `id`, which must succeed.
    pub(crate) fn add(&self, id: Id, does: Does) -> Result<Registered> {
        self.add_as(id, does, "probe")?
            .with_context(|| format!("cannot register {id:?}"))
    }

    /// Removes `id`. The connector does not say whether there was one.
    pub(crate) fn remove(&self, id: Id) -> Result<()> {
        self.ask(&format!("del {} {}", id.idx, id.val)).map(drop)
    }

    /// Leaves `registered` to itself, as a faulty driver would.
    pub(crate) fn forget(&self, registered: Registered) -> Result<()> {
        let Id { idx, val } = registered.id;
        // Its file stays open, which hurts nobody.
        std::mem::forget(registered);
        self.ask(&format!("forget {idx} {val}")).map(drop)
    }

    /// Lets every callback that waits go on.
    pub(crate) fn release(&self) -> Result<()> {
        self.ask("release").map(drop)
    }

    /// Sends from the kernel.
    pub(crate) fn send(&self, send: Send) -> Result<Answer> {
        let Send {
            id,
            seq,
            ack,
            len,
            count,
            port,
            group,
            atomic,
            past,
        } = send;
        let context = if atomic { "atomic" } else { "kernel" };
        self.ask(&format!(
            "send {} {} {seq} {ack} {len} {count} {port} {group} {context} {past}",
            id.idx, id.val
        ))
    }

    /// Adds and removes `id`, `rounds` times; how often another task had added it.
    pub(crate) fn churn(&self, id: Id, rounds: u32) -> Result<Answer> {
        self.ask(&format!("churn {} {} {rounds}", id.idx, id.val))
    }

    /// Sends to the group of `id`, `rounds` times; how often the id was not registered.
    pub(crate) fn flood(&self, id: Id, rounds: u32) -> Result<Answer> {
        self.ask(&format!("flood {} {} {rounds}", id.idx, id.val))
    }

    /// What the callbacks have seen so far.
    pub(crate) fn seen(&self) -> Result<Seen> {
        let answer = self.command("seen")?;
        let fields: Vec<u32> = answer
            .split_whitespace()
            .map(u32::from_str)
            .collect::<Result<_, _>>()
            .with_context(|| format!("not numbers: {answer}"))?;
        let &[calls, running, idx, val, seq, ack, len, flags, port, uid] = fields.as_slice() else {
            return Err(anyhow!("not ten numbers: {answer}"));
        };
        let id = Id::new(idx, val);
        Ok(Seen {
            calls,
            running,
            id,
            seq,
            ack,
            len,
            flags,
            port,
            uid,
        })
    }

    fn ask(&self, command: &str) -> Result<Answer> {
        let answer = self.command(command)?;
        let code: i32 = answer
            .trim()
            .parse()
            .with_context(|| format!("`{command}`: not a number: {answer}"))?;
        Ok(u32::try_from(code).map_err(|_| Errno::from_raw(-code)))
    }

    fn command(&self, command: &str) -> Result<String> {
        (&self.file)
            .write_all(command.as_bytes())
            .with_context(|| format!("the module does not take `{command}`"))?;
        let mut answer = [0; ANSWER_MAX];
        let len = self
            .file
            .read_at(&mut answer, 0)
            .with_context(|| format!("no answer to `{command}`"))?;
        Ok(String::from_utf8_lossy(&answer[..len]).into_owned())
    }
}

/// An id that is registered; dropping it removes it.
pub(crate) struct Registered {
    driver: Driver,
    pub(crate) id: Id,
}

impl Drop for Registered {
    fn drop(&mut self) {
        // The command is well-formed, and removing has no other way to fail.
        let _ = self.driver.remove(self.id);
    }
}
