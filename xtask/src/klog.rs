// SPDX-License-Identifier: MIT OR Apache-2.0

//! Finds in a kernel log what the kernel says when something is wrong with it.

use anyhow::{Context, Result};
use regex::RegexSet;

/// First lines of reports, each with what words it so in the kernel.
const HEADLINES: &[&str] = &[
    // WARN(), lockdep, RCU, and BUG() in its kinds: KASAN, KCSAN, lockups, page faults, SLUB.
    r"\bWARNING: ",
    r"\bBUG: |\bBUG [\w-]+ \(|kernel BUG at ",
    // Exceptions: arch/x86/kernel/{dumpstack,traps}.c.
    r"\bOops: |general protection fault|invalid opcode: |double fault|stack guard page was hit",
    // And of other architectures: arch/{arm,arm64,riscv,s390}, fault.c and traps.c of each.
    r"Unable to handle kernel |Internal error: |\bOops \[|\bOops - |Corrupt kernel stack",
    r"Kernel panic - not syncing",
    // A Rust panic says why before the BUG() that it ends in: rust/kernel/lib.rs.
    r"rust_kernel: panicked at",
    r"\bUBSAN: |\bODEBUG: |refcount_t: |list_(add|del) corruption|DEBUG_LOCKS_WARN_ON",
    r"kmemleak: unreferenced object|kmemleak: \d+ new suspected memory leaks",
    // printk itself: what is missing may have been any of these.
    r"\*\* \d+ printk messages dropped \*\*",
    // It has given up, and says nothing from then on.
    r"kmemleak: Kernel memory leak detector disabled",
    // Stalls and hung tasks, and what else lib and net complain about under INFO.
    r"INFO: rcu\w* .*(stall|detected)|INFO: task .* blocked for more than",
    r"INFO: (trying to register non-static key|suspicious )|\[ INFO: ",
    r"possible (recursive locking|circular locking|irq lock inversion)",
    r"unregister_netdevice: waiting for|page allocation failure|Out of memory: Killed process",
];

/// Lines that belong to a report. One that no headline explains is a report too.
const COMPANIONS: &[&str] = &[r"-\[ cut here \]-", r"\bCall [Tt]race:"];

/// Lines after which a report says no more.
const ENDS: &[&str] = &[r"---\[ end trace ", r"</TASK>"];

/// A report without a last line of its own is cut after so many. One of lockdep's has sixty lines
/// before the trace that ends it.
const LONGEST: usize = 150;

/// Something the kernel complained about.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Report {
    /// The log from the first line that belongs to it to the last; never empty.
    pub(crate) lines: Vec<String>,
    /// Which of `lines` names the trouble, if any does.
    headline: Option<usize>,
}

impl Report {
    /// What it is about: the line that says so, without its time.
    pub(crate) fn headline(&self) -> &str {
        let line = self.lines[self.headline.unwrap_or(0)].as_str();
        let timed = line
            .strip_prefix('[')
            .and_then(|rest| rest.split_once("] "));
        timed.map_or(line, |(_, text)| text)
    }
}

/// What a line means to the scan.
struct Kinds {
    headline: RegexSet,
    companion: RegexSet,
    end: RegexSet,
}

/// Finds the reports in a log, in order. Two that follow each other without a last line between
/// them are two.
pub(crate) fn scan(log: &[String]) -> Result<Vec<Report>> {
    let set = |patterns| RegexSet::new(patterns).context("a pattern of the log scan is malformed");
    let kinds = Kinds {
        headline: set(HEADLINES)?,
        companion: set(COMPANIONS)?,
        end: set(ENDS)?,
    };
    let mut reports = Vec::new();
    let mut open: Option<Report> = None;
    for line in log {
        open = step(&kinds, line, open, &mut reports);
    }
    reports.extend(open);
    Ok(reports)
}

/// Adds `line` to the open report or to a new one; returns the one that is open after it.
fn step(
    kinds: &Kinds,
    line: &str,
    open: Option<Report>,
    reports: &mut Vec<Report>,
) -> Option<Report> {
    let headline = kinds.headline.is_match(line);
    let mut report = match open {
        Some(report) if !(headline && report.headline.is_some()) => report,
        open if headline || kinds.companion.is_match(line) => {
            reports.extend(open);
            Report {
                lines: Vec::new(),
                headline: None,
            }
        }
        open => return open,
    };
    if headline {
        report.headline = Some(report.lines.len());
    }
    report.lines.push(line.to_owned());
    if kinds.end.is_match(line) || report.lines.len() >= LONGEST {
        reports.push(report);
        return None;
    }
    Some(report)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headlines(text: &str) -> Vec<String> {
        let log: Vec<_> = text.lines().map(str::to_owned).collect();
        let reports = scan(&log).unwrap();
        reports.iter().map(|r| r.headline().to_owned()).collect()
    }

    #[test]
    fn a_quiet_log_holds_no_report() {
        let log = "\
[    0.000000] Linux version 7.3.4 (connector@xtask) #1 SMP PREEMPT
[    0.004771] CPU topo: Allowing 1 present CPUs plus 0 hotplug CPUs
[    0.033050] printk: log buffer data + meta data: 131072 + 458752 = 589824 bytes
[    0.368724] rcu: Hierarchical SRCU implementation.
[    0.470941] i8042: No controller found
[    0.574093] connector-init: run probes malformed
[    0.628425] connector-init: end of log
";
        assert_eq!(headlines(log), [""; 0]);
    }

    #[test]
    fn a_warning_is_one_report_from_cut_to_end() {
        let log = "\
[ 1.0] before
[ 1.1] ------------[ cut here ]------------
[ 1.1] WARNING: drivers/connector/connector.c:12 at cn_init+0x1/0x2, CPU#0: init/1
[ 1.1] Call Trace:
[ 1.1]  <TASK>
[ 1.1]  </TASK>
[ 1.1] ---[ end trace 0000000000000000 ]---
[ 1.2] after
";
        let lines: Vec<_> = log.lines().map(str::to_owned).collect();
        let reports = scan(&lines).unwrap();
        assert_eq!(reports.len(), 1);
        assert!(reports[0].headline().contains("cn_init"));
        assert_eq!(reports[0].lines, lines[1..6]);
    }

    #[test]
    fn each_kind_of_report_is_found() {
        for line in [
            "WARNING: possible circular locking dependency detected",
            "WARNING: suspicious RCU usage",
            "BUG: KASAN: slab-use-after-free in cn_queue_add_callback+0x1/0x2",
            "BUG: KCSAN: data-race in cn_filter / cn_proc_mcast_ctl",
            "BUG: sleeping function called from invalid context at mm/util.c:1",
            "BUG kmalloc-8 (Not tainted): Right Redzone overwritten",
            "watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [probes:1]",
            "kernel BUG at drivers/connector/cn_queue.c:1!",
            "Oops: int3: 0000 [#1] SMP",
            "Oops: general protection fault, probably for non-canonical address",
            "Unable to handle kernel NULL pointer dereference at virtual address 0000000000000000",
            "Unable to handle kernel pointer dereference in virtual kernel address space",
            "Internal error: Oops: 0000000096000006 [#1] SMP",
            "Oops [#1]",
            "Oops: 003b ilc:2 [#1]SMP",
            "rust_kernel: panicked at drivers/connector/registry.rs:1:2:",
            "kmemleak: unreferenced object 0xffff888003d5a000 (size 64):",
            "kmemleak: Kernel memory leak detector disabled",
            "kmemleak: 3 new suspected memory leaks (see /sys/kernel/debug/kmemleak)",
            "rcu: INFO: rcu_preempt self-detected stall on CPU",
            "INFO: task rmmod:41 blocked for more than 60 seconds.",
            "refcount_t: underflow; use-after-free.",
            "UBSAN: array-index-out-of-bounds in drivers/connector/cn_proc.c:1:2",
            "Kernel panic - not syncing: sysrq triggered crash",
            "** 17 printk messages dropped **",
            "Call Trace:",
            "Call trace:",
        ] {
            assert_eq!(headlines(&format!("[ 1.0] {line}")), [line]);
        }
    }

    #[test]
    fn a_report_does_not_hide_the_next() {
        let log = "\
------------[ cut here ]------------
WARNING: a.c:1 at a+0x1/0x2, CPU#0: init/1
Kernel panic - not syncing: kernel: panic_on_warn set ...
Call Trace:
 </TASK>
BUG: KASAN: double-free in b+0x1/0x2
";
        assert_eq!(headlines(log).len(), 3);
    }
}
