// SPDX-License-Identifier: MIT OR Apache-2.0

//! What guests do and what is judged of it.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::{Said, qemu_test};

/// Runs one scenario on `rust`.
fn run(runs: &TempDir, scenario: &str) -> Said {
    let output = qemu_test(runs.path(), ["--scenario", scenario]).output();
    output.unwrap().into()
}

/// The scenario must fail: its last line must hold `why` and name a log, and what is printed
/// must hold `shown`.
fn fails(scenario: &str, why: &str, shown: &str) {
    let runs = tempfile::tempdir().unwrap();
    let said = run(&runs, scenario);
    assert_eq!(said.code, Some(1), "{}", said.all);
    let start = format!("error: 1 of 1 runs failed; rust/{scenario}: {why}");
    assert!(said.last_line.starts_with(&start), "{start}\n{}", said.all);
    assert!(said.table.contains(shown), "{}", said.all);
    let (_, log) = said.last_line.rsplit_once("the whole log: ").unwrap();
    assert!(PathBuf::from(log).is_file(), "no log {log}");
}

/// The scenario must pass.
fn passes(scenario: &str) {
    let runs = tempfile::tempdir().unwrap();
    let said = run(&runs, scenario);
    assert_eq!(said.code, Some(0), "{}", said.all);
}

#[test]
fn nothing_wrong_is_a_pass() {
    passes("green");
}

#[test]
fn a_guest_that_panics() {
    let why = "the kernel complains: Kernel panic - not syncing: sysrq triggered crash";
    fails("panic", why, "sysrq_handle_crash");
}

#[test]
fn a_guest_that_must_panic() {
    passes("expected-crash");
    fails(
        "missing-crash",
        "no report matches /sysrq triggered crash/, though one must (nobody triggers it)",
        "2 passed",
    );
}

#[test]
fn a_guest_that_hangs() {
    let why = "the guest hangs: it did not end within 4 s";
    fails("hang", why, "connector-init: run faults hang");
}

#[test]
fn a_guest_that_hangs_in_its_second_scenario() {
    let runs = tempfile::tempdir().unwrap();
    let said = run(&runs, "green,hang");
    let why =
        "error: 2 of 2 runs failed; rust/green: the guest ended in rust/hang, which shares it";
    assert!(said.last_line.starts_with(why), "{}", said.all);
    assert!(
        said.table.contains("rust/hang FAILED\n  the guest hangs"),
        "{}",
        said.all
    );
    // Each has the part of the results that is its own.
    let results = |scenario| {
        let path = runs.path().join("rust").join(scenario).join("results.ktap");
        std::fs::read_to_string(path).unwrap()
    };
    assert!(results("green").contains("ok 2 exec faults none"));
    assert!(!results("hang").contains("exec faults none"));
}

#[test]
fn an_archive_without_init() {
    let why = "the kernel found no /init to start: Kernel panic - not syncing";
    fails("no-init", why, "Unable to mount root fs");
}

#[test]
fn results_that_are_cut_in_the_middle() {
    fails(
        "cut",
        "the results are cut in the middle of a line",
        "ok 2 seco",
    );
}

#[test]
fn a_planned_test_that_never_reports() {
    let why = "run faults unreported: 3 tests are planned, 2 reported; the last to report: second";
    fails("unreported", why, "2 passed");
}

#[test]
fn a_plan_that_never_comes() {
    let why = "run faults unplanned: no plan came; 1 tests reported";
    fails("unplanned", why, "1 passed");
}

#[test]
fn a_program_that_reports_nothing() {
    fails("silent", "`run faults silent` reported no tests", "FAILED");
}

#[test]
fn a_warning_in_the_log_of_a_run_that_is_otherwise_good() {
    let why = "the kernel complains: WARNING: drivers/connector/connector.c:1 at cn_init";
    fails("warning", why, "[ cut here ]");
}

#[test]
fn a_warning_that_is_provoked_on_purpose() {
    passes("allowed-warning");
    fails(
        "missing-warning",
        "no report matches /WARNING.*cn_init/, though one is provoked (nobody writes it)",
        "2 passed",
    );
}

#[test]
fn a_kernel_log_whose_end_is_lost() {
    fails(
        "mute",
        "the kernel log has no end mark",
        "sysrq: Changing Loglevel",
    );
}

#[test]
fn a_test_that_fails() {
    fails(
        "failure",
        "run faults failure/first failed",
        "2 came, not 3",
    );
}

#[test]
fn a_test_that_is_skipped() {
    fails("skip", "run faults skip/first was skipped", "1 skipped");
}

#[test]
fn a_program_that_dies_after_its_tests_passed() {
    let why = "run faults abort failed, not by a test of its own; the last: first";
    fails("abort", why, "killed by SIGABRT");
}

#[test]
fn failures_that_are_expected() {
    passes("expected-failure");
    let why = "run faults none/second passed, but the scenario expects it to fail (nobody made it)";
    fails("unexpected-pass", why, "1 passed, 1 failed");
    let why = "an expected failure on rust is of no test: run faults none/third";
    fails("stale-expectation", why, "2 passed");
}

#[test]
fn a_pattern_that_is_missing_or_forbidden() {
    let why = "a line of the kernel log matches the forbidden /Linux version/";
    let shown = "no line of the kernel log matches /this is never printed/";
    fails("patterns", why, shown);
}

#[test]
fn transcripts_of_two_flavors() {
    let runs = tempfile::tempdir().unwrap();
    let compared = |scenario| {
        let arguments = ["--flavor", "stock,rust", "--scenario", scenario];
        Said::from(qemu_test(runs.path(), arguments).output().unwrap())
    };
    let said = compared("difference");
    assert_eq!(said.code, Some(1), "{}", said.all);
    let why = "difference: run faults config/first sees different things on stock, rust";
    assert!(said.last_line.contains(why), "{}", said.all);
    let said = compared("no-difference");
    assert_eq!(said.code, Some(1), "{}", said.all);
    let why = "an intended difference is stale: no-difference: run faults none/first sees the same";
    assert!(said.last_line.contains(why), "{}", said.all);
}

#[test]
fn junit_tells_the_same() {
    let runs = tempfile::tempdir().unwrap();
    let file = runs.path().join("reports/junit.xml");
    let arguments = [
        "--scenario".as_ref(),
        "failure".as_ref(),
        "--junit".as_ref(),
        file.as_os_str(),
    ];
    qemu_test(runs.path(), arguments).output().unwrap();
    let text = std::fs::read_to_string(file).unwrap();
    for part in [
        "<testsuite name=\"rust/failure\" tests=\"5\" disabled=\"0\" errors=\"0\" failures=\"2\"",
        "<failure message=\"run faults failure/first failed\">",
        "<testcase name=\"run faults none/second\"",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

/// What a runner of other kernel tests, such as KernelCI's, would make of the results. The parser
/// counts failures by leaf, and its exit status leaves out the errors of the KTAP that it counts.
#[test]
fn the_kernels_own_parser_says_the_same_of_the_results() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut tree = Command::new(env!("CARGO_BIN_EXE_xtask"));
    let output = tree.arg("tree").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let parser = root.join("target/tree/rust/tools/testing/kunit/kunit.py");
    for (scenario, status, sum) in [
        ("green", 0, "Ran 3 tests: passed: 3"),
        ("failure", 1, "Ran 4 tests: passed: 3, failed: 1"),
        ("unreported", 0, "Ran 3 tests: passed: 3, errors: 2"),
    ] {
        let runs = tempfile::tempdir().unwrap();
        run(&runs, scenario);
        let results = runs.path().join("rust").join(scenario).join("results.ktap");
        let mut parse = Command::new("python3");
        let output = parse.arg(&parser).arg("parse").arg(results).output();
        let said = Said::from(output.unwrap());
        assert_eq!(said.code, Some(status), "{scenario}: {}", said.all);
        let told = said.table.lines().any(|line| line.ends_with(sum));
        assert!(told, "{scenario}: {}", said.all);
    }
}
