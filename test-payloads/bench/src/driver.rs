// SPDX-License-Identifier: MIT OR Apache-2.0

//! The module `cn_bench.ko`, which is told what to do through `/proc/cn_bench`.
//! `test-payloads/modules/cn_bench` documents the commands.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;

use anyhow::{Context, Result, ensure};

/// The netlink protocol whose kernel socket counts what it receives.
pub(crate) const FLOOR: i32 = 30;

/// The group of [`FLOOR`] that the module sends to.
pub(crate) const FLOOR_GROUP: u32 = 1;

/// The netlink protocol whose kernel socket sends back what it receives.
pub(crate) const BARE_ECHO: i32 = 31;

/// The idx of all ids of the module; their vals count from 1.
pub(crate) const IDX: u32 = 20;

/// The longest answer the module gives.
const ANSWER_MAX: usize = 64;

/// The module, over its open file.
pub(crate) struct Driver {
    file: File,
}

/// What the module says of a command.
#[derive(Clone, Copy)]
pub(crate) struct Answer {
    /// By how much the counter moved on, reading it included; 0 if nothing was measured.
    pub(crate) cost: u64,
    /// What the measured function returned: 0, a count, or a negative errno.
    pub(crate) result: i32,
}

impl Driver {
    /// Opens the module's file.
    pub(crate) fn open() -> Result<Self> {
        let file = File::options()
            .read(true)
            .write(true)
            .open("/proc/cn_bench")
            .context("cannot open /proc/cn_bench; is cn_bench.ko loaded?")?;
        Ok(Self { file })
    }

    /// Gives a command, and its answer.
    pub(crate) fn ask(&self, command: &str) -> Result<Answer> {
        (&self.file)
            .write_all(command.as_bytes())
            .with_context(|| format!("the module does not take `{command}`"))?;
        let mut answer = [0; ANSWER_MAX];
        let len = self
            .file
            .read_at(&mut answer, 0)
            .with_context(|| format!("no answer to `{command}`"))?;
        let text = String::from_utf8_lossy(&answer[..len]);
        let (cost, result) = text
            .trim()
            .split_once(' ')
            .with_context(|| format!("`{command}`: not two numbers: {text}"))?;
        Ok(Answer {
            cost: cost.parse().context("not a cost")?,
            result: result.parse().context("not a result")?,
        })
    }

    /// Gives a command whose answer is a number.
    pub(crate) fn number(&self, command: &str) -> Result<u32> {
        let result = self.ask(command)?.result;
        u32::try_from(result).with_context(|| format!("`{command}` gave {result}"))
    }

    /// Gives a command whose measured function must return `wanted`; gives the cost.
    pub(crate) fn expect(&self, command: &str, wanted: i32) -> Result<u64> {
        let Answer { cost, result } = self.ask(command)?;
        ensure!(
            result == wanted,
            "`{command}` gave {result} where {wanted} was due"
        );
        Ok(cost)
    }
}
