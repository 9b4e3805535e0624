// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the kernel writes to its log.

use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;

use anyhow::{Context, Result};
use nix::fcntl::OFlag;

/// The kernel log from a certain point on.
pub(crate) struct KernelLog(File);

impl KernelLog {
    /// From what is written after this.
    pub(crate) fn from_now() -> Result<Self> {
        let mut file = File::options()
            .read(true)
            .custom_flags(OFlag::O_NONBLOCK.bits())
            .open("/dev/kmsg")
            .context("cannot open /dev/kmsg")?;
        file.seek(SeekFrom::End(0))
            .context("cannot skip what is there")?;
        Ok(Self(file))
    }

    /// How many records since then contain `text`.
    pub(crate) fn count(&mut self, text: &str) -> Result<u32> {
        let mut record = vec![0; 8192];
        let mut count = 0;
        loop {
            match self.0.read(&mut record) {
                Ok(len) if String::from_utf8_lossy(&record[..len]).contains(text) => count += 1,
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(count),
                Err(error) => {
                    return Err(error).context("the log was overwritten; is log_buf_len large?");
                }
            }
        }
    }
}
