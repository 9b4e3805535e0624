// SPDX-License-Identifier: MIT OR Apache-2.0

//! Lines of our own in the kernel log.

use std::fs::File;
use std::io::Write;

/// `KERN_WARNING`: at this level and above every console log level that scans for reports prints.
const LEVEL: &str = "<4>";

/// Writes one line. Nothing can be done when that fails; the host misses the line and says so.
///
/// Without the line break the kernel would wait for more of the line, and print it when the next one
/// comes (`prb_commit` in kernel/printk/printk_ringbuffer.c), which may be never.
pub(crate) fn say(line: &str) {
    if let Ok(mut log) = File::options().write(true).open("/dev/kmsg") {
        let _ = log.write_all(format!("{LEVEL}{line}\n").as_bytes());
    }
}
