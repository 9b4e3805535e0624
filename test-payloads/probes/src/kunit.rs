// SPDX-License-Identifier: MIT OR Apache-2.0

//! The unit tests that the kernel ran when it started, as its log has them, reported as tests of
//! our own (`Documentation/dev-tools/ktap.rst`). Which ones the kernel runs its command line says.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;

use anyhow::{Context, Result, bail, ensure};
use nix::fcntl::OFlag;
use regex_lite::Regex;

/// The longest record of the log.
const RECORD_MAX: usize = 8192;

/// The line that the kernel's tests begin with.
const START: &str = "KTAP version 1";

/// Tests that belong together.
#[derive(Debug, PartialEq, Eq)]
struct Suite {
    name: String,
    passed: bool,
    /// What was reported below it: indented, with a plan and results of its own.
    lines: Vec<String>,
}

/// Reports the suites whose name, after `kunit/`, `filter` matches; true if all passed.
pub(crate) fn report(filter: Option<&Regex>) -> Result<bool> {
    let log = kernel_log()?;
    let mut suites = suites(log.lines())?;
    suites.retain(|Suite { name, .. }| {
        filter.is_none_or(|regex| regex.is_match(&format!("kunit/{name}")))
    });
    write(&mut io::stdout().lock(), &suites)?;
    Ok(suites.iter().all(|suite| suite.passed))
}

fn write(out: &mut impl Write, suites: &[Suite]) -> Result<()> {
    writeln!(out, "{START}\n1..{}", suites.len())?;
    for (suite, number) in suites.iter().zip(1..) {
        for line in &suite.lines {
            // Kernel and host differ in how far they indent.
            let text = line.trim_start_matches(' ');
            let levels = (line.len() - text.len()) / 4;
            writeln!(out, "{:1$}{text}", "", 2 * levels)?;
        }
        let verdict = if suite.passed { "ok" } else { "not ok" };
        writeln!(out, "{verdict} {number} {}", suite.name)?;
    }
    Ok(())
}

/// The log from its beginning, without the records' levels and times.
fn kernel_log() -> Result<String> {
    let mut log = File::options()
        .read(true)
        .custom_flags(OFlag::O_NONBLOCK.bits())
        .open("/dev/kmsg")
        .context("cannot open /dev/kmsg")?;
    let mut text = String::new();
    let mut record = [0; RECORD_MAX];
    loop {
        match log.read(&mut record) {
            Ok(len) => text += &message(&String::from_utf8_lossy(&record[..len])),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(text),
            Err(error) => return Err(error).context("cannot read /dev/kmsg"),
        }
    }
}

/// The message of a record `LEVEL,NUMBER,TIME,FLAGS;MESSAGE`, of one or more lines.
fn message(record: &str) -> String {
    let (_, text) = record.split_once(';').unwrap_or(("", record));
    // Further lines of the record are not of the message, whose own are escaped.
    let text = text.lines().next().unwrap_or_default();
    text.trim_end_matches("\\x0a").replace("\\x0a", "\n") + "\n"
}

/// The suites that the kernel planned, each of which must have reported.
fn suites<'a>(log: impl Iterator<Item = &'a str>) -> Result<Vec<Suite>> {
    let mut log = log.skip_while(|line| *line != START).skip(1);
    let plan = log
        .find_map(|line| line.strip_prefix("1.."))
        .context("the kernel ran no tests: is `kunit.enable=1` on its command line?")?;
    let planned: usize = plan
        .parse()
        .with_context(|| format!("no plan: 1..{plan}"))?;
    let mut suites: Vec<Suite> = Vec::new();
    let mut lines = Vec::new();
    while suites.len() < planned {
        let line = log.next().with_context(|| {
            format!(
                "the kernel planned {planned} suites, {} reported",
                suites.len()
            )
        })?;
        if let Some((passed, rest)) = result(line) {
            let number = suites.len() + 1;
            let Some(name) = rest.strip_prefix(&format!("{number} ")) else {
                bail!("`{line}` came where result {number} was due");
            };
            ensure!(!lines.is_empty(), "`{line}` has no tests");
            suites.push(Suite {
                name: name.to_owned(),
                passed,
                lines: std::mem::take(&mut lines),
            });
        } else if line.starts_with([' ', '#']) {
            // What is not indented is nobody's: other parts of the kernel log meanwhile.
            lines.push(line.to_owned());
        }
    }
    Ok(suites)
}

fn result(line: &str) -> Option<(bool, &str)> {
    let failed = line.strip_prefix("not ok ").map(|rest| (false, rest));
    failed.or_else(|| line.strip_prefix("ok ").map(|rest| (true, rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "\
KTAP version 1 is not it
KTAP version 1
1..2
    KTAP version 1
    # Subtest: connector_id
    1..2
    ok 1 order
clocksource: tsc
    # hash: EXPECTATION FAILED at a.c:1
    Expected 1 == 2
    not ok 2 hash
# connector_id: pass:1 fail:1 skip:0 total:2
not ok 1 connector_id
    KTAP version 1
    1..1
    ok 1 rule
ok 2 connector_rule
Freeing unused kernel memory
";

    fn parsed(log: &str) -> Result<Vec<Suite>> {
        suites(log.lines())
    }

    #[test]
    fn every_suite_is_reported_with_its_tests_and_nothing_else() {
        let suites = parsed(LOG).unwrap();
        let mut out = Vec::new();
        write(&mut out, &suites).unwrap();
        let wanted = "\
KTAP version 1
1..2
  KTAP version 1
  # Subtest: connector_id
  1..2
  ok 1 order
  # hash: EXPECTATION FAILED at a.c:1
  Expected 1 == 2
  not ok 2 hash
# connector_id: pass:1 fail:1 skip:0 total:2
not ok 1 connector_id
  KTAP version 1
  1..1
  ok 1 rule
ok 2 connector_rule
";
        assert_eq!(String::from_utf8(out).unwrap(), wanted);
    }

    #[test]
    fn what_is_lost_at_the_top_is_noticed() {
        for lost in [
            "KTAP version 1\n1",
            "1..2\n",
            "not ok 1 connector_id\n",
            "ok 2 connector_rule\n",
        ] {
            let kept = LOG.replacen(lost, "", 1);
            assert!(parsed(&kept).is_err(), "nobody misses {lost}");
        }
        assert!(parsed("KTAP version 1\n1..1\nok 1 empty\n").is_err());
        assert!(parsed("KTAP version 1\n1..0\n").unwrap().is_empty());
    }

    #[test]
    fn a_record_gives_the_lines_of_its_message() {
        assert_eq!(
            message("6,1,0,-;    ok 1 a\n SUBSYSTEM=x\n"),
            "    ok 1 a\n"
        );
        assert_eq!(message("3,1,0,-;  # a\\x0a  b\\x0a\n"), "  # a\n  b\n");
    }
}
