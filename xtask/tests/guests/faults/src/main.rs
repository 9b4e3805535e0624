// SPDX-License-Identifier: MIT OR Apache-2.0

//! Does in a guest what must turn a verdict red: `faults KIND`.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::reboot::{RebootMode, reboot};

fn main() -> Result<()> {
    let kind = std::env::args().nth(1).context("say which fault")?;
    match kind.as_str() {
        "list" => say("filtered/nothing"),
        // For comparison: nothing is wrong with these two.
        "none" => say("KTAP version 1\n1..2\nok 1 first\nok 2 second"),
        "config" => return differ(),
        // What a filter that matches none of its tests leaves.
        "filtered" => say("KTAP version 1\n1..0"),
        "failure" => {
            say("KTAP version 1\n1..2\n# 2 came, not 3\nnot ok 1 first\nok 2 second");
            std::process::exit(1);
        }
        "skip" => say("KTAP version 1\n1..1\nok 1 first # SKIP no such device"),
        "unreported" => say("KTAP version 1\n1..3\nok 1 first\nok 2 second"),
        "unplanned" => say("KTAP version 1\nok 1 first"),
        "silent" => {}
        "abort" => {
            say("KTAP version 1\n1..1\nok 1 first");
            std::process::abort();
        }
        "panic" => return sysrq("c"),
        "hang" => loop {
            std::thread::sleep(Duration::from_secs(60));
        },
        "warning" => return warn(),
        // The console then shows nothing any more.
        "mute" => {
            say("KTAP version 1\n1..1\nok 1 first");
            return sysrq("0");
        }
        "cut" => return cut(),
        _ => bail!("no such fault: {kind}"),
    }
    Ok(())
}

fn say(text: &str) {
    println!("{text}");
}

fn sysrq(key: &str) -> Result<()> {
    fs::write("/proc/sysrq-trigger", key).context("cannot use /proc/sysrq-trigger")
}

/// A test that passes and sees what no two flavors have in common.
fn differ() -> Result<()> {
    let config = fs::read("/proc/config.gz").context("cannot read /proc/config.gz")?;
    say("KTAP version 1\n1..1");
    say(&format!("# > {} bytes", config.len()));
    say("ok 1 first");
    Ok(())
}

/// All tests pass, and the kernel log holds what WARN() leaves there.
fn warn() -> Result<()> {
    for line in [
        "------------[ cut here ]------------",
        "WARNING: drivers/connector/connector.c:1 at cn_init+0x1/0x2, CPU#0: faults/1",
        "---[ end trace 0000000000000000 ]---",
    ] {
        fs::write("/dev/kmsg", format!("<4>{line}")).context("cannot write /dev/kmsg")?;
    }
    say("KTAP version 1\n1..1\nok 1 first");
    Ok(())
}

/// The machine goes away in the middle of a result.
fn cut() -> Result<()> {
    say("KTAP version 1\n1..2\nok 1 first");
    // PID 1 passes the line on meanwhile.
    std::thread::sleep(Duration::from_millis(200));
    fs::write("/dev/ttyS1", "  ok 2 seco").context("cannot write the port of results")?;
    std::thread::sleep(Duration::from_millis(200));
    match reboot(RebootMode::RB_AUTOBOOT).context("cannot reboot")? {}
}
