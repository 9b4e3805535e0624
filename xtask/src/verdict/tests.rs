// SPDX-License-Identifier: MIT OR Apache-2.0

use super::*;
use crate::ktap::Parser;
use crate::scenario::tests::scenario;
use initramfs::END_OF_LOG;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

const SCENARIO: &str = "about: a\nflavors: [stock, rust]\nmodules: [a.ko]\n\
                        steps: [load a.ko, run probes bind]\n";
const RESULTS: &str = "KTAP version 1\n1..2\nok 1 load a.ko\n  KTAP version 1\n  1..2\n  \
                       ok 1 even\n  ok 2 odd\nok 2 run probes bind\n# done\n";
const EXPECTED: &str = "expected-failures: [{ flavor: stock, tests: [run probes bind/odd], says: seven, why: a bug }]\n";

fn observed(results: &str, log: &str) -> Observed {
    let mut parser = Parser::default();
    for line in results.lines() {
        parser.push(line);
    }
    let log = format!("[ 0.0] Linux\n{log}\n[ 1.0] {END_OF_LOG}\n");
    Observed {
        log: log.lines().map(str::to_owned).collect(),
        results: parser.finish(None),
        ended: Ended {
            end: End::Exited(ExitStatus::from_raw(0)),
            elapsed: Duration::ZERO,
            cut: None,
        },
        qemu: String::new(),
    }
}

fn told(more: &str, flavor: &str, filtered: bool, observed: &Observed) -> Vec<String> {
    let scenario = scenario(&format!("{SCENARIO}{more}")).unwrap();
    let verdict = judge(&scenario, flavor, filtered, observed).unwrap();
    verdict
        .reasons
        .into_iter()
        .map(|reason| reason.what)
        .collect()
}

fn told_of(more: &str, flavor: &str, results: &str) -> Vec<String> {
    told(more, flavor, false, &observed(results, ""))
}

#[test]
fn all_that_was_due_and_nothing_else_is_a_pass() {
    assert_eq!(told_of("", "rust", RESULTS), [""; 0]);
}

#[test]
fn every_line_of_the_results_that_is_lost_is_a_failure() {
    for lost in 0..RESULTS.lines().count() {
        let kept = RESULTS
            .lines()
            .enumerate()
            .filter(|(number, _)| *number != lost);
        let text: String = kept.map(|(_, line)| format!("{line}\n")).collect();
        // The very first line only names the form.
        assert!(
            lost == 0 || !told_of("", "rust", &text).is_empty(),
            "{text}"
        );
    }
}

#[test]
fn an_expected_failure_holds_for_its_flavor() {
    let failed = RESULTS
        .replace("  ok 2 odd", "  # seven is odd\n  not ok 2 odd")
        .replace("ok 2 run", "# exit status 1\nnot ok 2 run");
    assert_eq!(told_of(EXPECTED, "stock", &failed), [""; 0]);
    assert_eq!(
        told_of(EXPECTED, "rust", &failed),
        ["run probes bind/odd failed"]
    );
    let otherwise = failed.replace("seven", "eight");
    assert_eq!(
        told_of(EXPECTED, "stock", &otherwise),
        ["run probes bind/odd failed"]
    );
    let unexpected = told_of(EXPECTED, "stock", RESULTS);
    assert!(unexpected[0].contains("passed, but the scenario expects it to fail (a bug)"));
    let stale = told_of(&EXPECTED.replace("odd", "other"), "stock", RESULTS);
    assert!(stale[0].contains("is of no test"), "{stale:?}");
}

#[test]
fn a_step_must_fail_by_its_tests_alone() {
    let failed = RESULTS
        .replace("  ok 2 odd", "  # seven is odd\n  not ok 2 odd")
        .replace("ok 2 run", "# killed by SIGSEGV\nnot ok 2 run");
    let told = told_of(EXPECTED, "stock", &failed);
    assert_eq!(
        told,
        ["run probes bind failed, not by a test of its own; the last: odd"]
    );
}

#[test]
fn steps_report_in_the_order_of_the_scenario() {
    let other = RESULTS.replace("load a.ko", "load b.ko");
    assert_eq!(
        told_of("", "rust", &other),
        ["`load b.ko` reported where `load a.ko` was due"]
    );
    let fewer = "KTAP version 1\n1..1\nok 1 load a.ko\n# done\n";
    assert_eq!(
        told_of("", "rust", fewer),
        ["2 steps were to run, 1 reported"]
    );
}

#[test]
fn how_qemu_ends_counts() {
    let mut run = observed(RESULTS, "");
    run.ended.end = End::Exited(ExitStatus::from_raw(1 << 8));
    assert_eq!(
        told("", "rust", false, &run),
        ["QEMU ended with exit status: 1"]
    );
    run.ended.end = End::Deadline(Duration::from_secs(9));
    assert_eq!(
        told("", "rust", false, &run),
        ["the guest hangs: it did not end within 9 s"]
    );
}

#[test]
fn the_log_must_be_there_to_its_end() {
    let mut run = observed(RESULTS, "");
    run.log.pop();
    assert!(told("", "rust", false, &run)[0].contains("no end mark"));
    run.log.clear();
    assert_eq!(
        told("", "rust", false, &run),
        ["the kernel printed nothing"]
    );
}

#[test]
fn reports_and_patterns_in_the_log_count() {
    let run = observed(RESULTS, "[ 0.5] BUG: KASAN: double-free in cn_call+0x1/0x2");
    let complaint = "the kernel complains: BUG: KASAN: double-free in cn_call+0x1/0x2";
    assert_eq!(told("", "rust", false, &run), [complaint]);
    let allow = "allow: [{ pattern: KASAN.*cn_call, why: on purpose }]\n";
    assert_eq!(told(allow, "rust", false, &run), [""; 0]);
    assert_eq!(
        told(
            "forbid: [double-free]\nallow: [{pattern: BUG, why: w}]\n",
            "rust",
            false,
            &run
        )
        .len(),
        1
    );
    assert_eq!(
        told(
            "expect: [cn_probe ready]\n",
            "rust",
            false,
            &observed(RESULTS, "")
        )
        .len(),
        1
    );
}

const CRASH: &str = "expected-crashes: [{ flavor: stock, why: a bug, \
                     patterns: ['NULL pointer', 'RIP: .*cn_rx_skb'] }]\n";
const DEATH: &str = "[ 0.5] BUG: kernel NULL pointer dereference, address: 0\n\
                     [ 0.5] Oops: 0002 [#1] SMP\n[ 0.5] RIP: 0010:cn_rx_skb+0x1/0x2\n\
                     [ 0.5]  </TASK>\n\
                     [ 0.5] Kernel panic - not syncing: Fatal exception in interrupt";

/// A run whose results and whose log end where the kernel died.
fn died(results: &str, log: &str) -> Observed {
    let mut run = observed(results, log);
    run.log.pop();
    run
}

#[test]
fn an_expected_crash_holds_for_its_flavor() {
    let begun = "KTAP version 1\n1..2\nok 1 load a.ko\n";
    let run = died(begun, DEATH);
    assert_eq!(told(CRASH, "stock", false, &run), [""; 0]);
    let scenario = scenario(&format!("{SCENARIO}{CRASH}")).unwrap();
    assert!(judge(&scenario, "stock", false, &run).unwrap().crashed);
    let complaint = "the kernel complains: BUG: kernel NULL pointer dereference, address: 0";
    assert_eq!(told(CRASH, "rust", false, &run)[0], complaint);
}

#[test]
fn an_expected_crash_must_come() {
    let whole = observed(RESULTS, "");
    assert_eq!(
        told(CRASH, "stock", false, &whole),
        [
            "no report matches /NULL pointer/, though one must (a bug)",
            "no report matches /RIP: .*cn_rx_skb/, though one must (a bug)",
            "the kernel did not die, though it must (a bug)",
        ]
    );
    // The test that provokes it may have been filtered out.
    assert_eq!(told(CRASH, "stock", true, &whole), [""; 0]);
}

#[test]
fn an_expected_crash_must_be_that_one() {
    let elsewhere = DEATH.replace("cn_rx_skb", "cn_call");
    assert_eq!(
        told(CRASH, "stock", false, &died(RESULTS, &elsewhere)),
        ["no report matches /RIP: .*cn_rx_skb/, though one must (a bug)"]
    );
    let earlier = format!("[ 0.4] BUG: KASAN: double-free in a\n{DEATH}");
    assert_eq!(
        told(CRASH, "stock", false, &died(RESULTS, &earlier)),
        ["the kernel complains: BUG: KASAN: double-free in a"]
    );
    let survived = DEATH.replace("Kernel panic - ", "");
    assert_eq!(
        told(CRASH, "stock", false, &observed(RESULTS, &survived)),
        ["the kernel did not die, though it must (a bug)"]
    );
    let failed = RESULTS.replace("ok 2 odd", "not ok 2 odd");
    assert_eq!(
        told(CRASH, "stock", false, &died(&failed, DEATH)),
        ["run probes bind/odd failed"]
    );
}

#[test]
fn under_a_filter_a_program_may_plan_nothing() {
    let none = "KTAP version 1\n1..2\nok 1 load a.ko\n  KTAP version 1\n  1..0\n\
                ok 2 run probes bind\n# done\n";
    assert_eq!(told(EXPECTED, "stock", true, &observed(none, "")), [""; 0]);
    assert_eq!(
        told_of("", "rust", none),
        ["run probes bind: no test is planned"]
    );
}
