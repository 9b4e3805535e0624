// SPDX-License-Identifier: MIT OR Apache-2.0

//! Verdicts of scenarios that share a guest.

use super::*;
use crate::kernel::Kernel;
use crate::scenario::tests::scenario;
use crate::vm::{End, Ended};
use initramfs::END_OF_LOG;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

const NAMES: [&str; 2] = ["events", "watch"];

const LOG: &str = "[ 0.0] Linux
[ 1.0] connector-init: scenario events
[ 1.1] of events
[ 2.0] connector-init: scenario watch
[ 2.1] of watch
[ 3.0] connector-init: end of scenarios
[ 3.1] the search
";

const RESULTS: &str = "# connector-init: scenario events
KTAP version 1
1..1
  KTAP version 1
  1..1
  ok 1 fork
ok 1 run probes events
# connector-init: scenario watch
KTAP version 1
1..1
  KTAP version 1
  1..1
  ok 1 storm
ok 1 run probes watch
# connector-init: end of scenarios
# done
";

fn jobs<'a>(folder: &Path, scenarios: &'a [Scenario], kernel: &'a Kernel) -> Vec<Job<'a>> {
    let job = |scenario: &'a Scenario| Job {
        scenario,
        kernel,
        plugin: None,
        round: 1,
        folder: folder.join(&scenario.name),
    };
    scenarios.iter().map(job).collect()
}

fn scenarios(more: [&str; 2]) -> Vec<Scenario> {
    let named = NAMES.iter().zip(more).map(|(name, more)| {
        let text = format!("about: a\nflavors: [rust]\nsteps: [run probes {name}]\n{more}");
        let mut scenario = scenario(&text).unwrap();
        (*name).clone_into(&mut scenario.name);
        scenario
    });
    named.collect()
}

fn kernel(folder: &Path) -> Kernel {
    Kernel {
        dir: folder.to_owned(),
        modules: folder.to_owned(),
        flavor: "rust".to_owned(),
        key: None,
    }
}

/// The reasons why each scenario failed; a log that does not end by itself gets its end mark.
fn reasons(log: &str, results: &str, ends: bool) -> [Vec<String>; 2] {
    let folder = tempfile::tempdir().unwrap();
    let (kernel, scenarios) = (kernel(folder.path()), scenarios(["", ""]));
    let jobs = jobs(folder.path(), &scenarios, &kernel);
    jobs.iter().for_each(|job| create(&job.folder).unwrap());
    let numbered: Vec<_> = jobs.iter().enumerate().collect();
    let mut heard = Heard::new(&numbered);
    let end = format!("[ 9.0] {END_OF_LOG}");
    for line in log.lines().chain(ends.then_some(end.as_str())) {
        heard.log.push(line.to_owned());
    }
    for line in results.lines() {
        heard.result(line.to_owned());
    }
    let ended = Ended {
        end: End::Exited(ExitStatus::from_raw(0)),
        elapsed: Duration::ZERO,
        cut: None,
    };
    let runs = heard.judge(&numbered, &ended, "", false).unwrap();
    let reasons = runs.into_iter().map(|(_, run)| {
        let reasons = run.verdict.reasons.into_iter();
        reasons.map(|reason| reason.what).collect()
    });
    reasons.collect::<Vec<_>>().try_into().unwrap()
}

#[test]
fn scenarios_that_share_a_guest_pass_by_themselves() {
    assert_eq!(reasons(LOG, RESULTS, true), [[""; 0]; 2]);
    let failed = RESULTS.replace("ok 1 storm", "not ok 1 storm").replace(
        "ok 1 run probes watch",
        "# exit status 1\nnot ok 1 run probes watch",
    );
    let [events, watch] = reasons(LOG, &failed, true);
    assert_eq!(events, [""; 0]);
    assert_eq!(watch, ["run probes watch/storm failed"]);
}

#[test]
fn a_report_is_of_its_scenario_or_of_all() {
    const REPORT: &str = "BUG: KASAN: slab-use-after-free in cn_rx_skb+0x1/0x2";
    let complaint = format!("the kernel complains: {REPORT}");
    for (place, guilty) in [
        ("Linux", [true, true]),
        ("of events", [true, false]),
        ("of watch", [false, true]),
        ("the search", [true, true]),
    ] {
        let found = reasons(&LOG.replace(place, REPORT), RESULTS, true);
        for (reasons, guilty) in found.iter().zip(guilty) {
            let wanted: &[_] = if guilty {
                std::slice::from_ref(&complaint)
            } else {
                &[]
            };
            assert_eq!(reasons, wanted, "{place}");
        }
    }
}

#[test]
fn a_guest_that_dies_fails_all_of_its_scenarios() {
    let log = LOG.split_inclusive('\n').take(3).collect::<String>()
        + "[ 1.2] Kernel panic - not syncing: x\n";
    let results: String = RESULTS.split_inclusive('\n').take(5).collect();
    let [events, watch] = reasons(&log, &results, false);
    assert_eq!(
        events[0],
        "the kernel complains: Kernel panic - not syncing: x"
    );
    assert_eq!(
        watch[0],
        "the guest ended in rust/events, which shares it: see there"
    );
    // It dies in the second one: the first has reported all, and still nobody saw the whole log.
    let log: String = LOG.split_inclusive('\n').take(5).collect();
    let results: String = RESULTS.split_inclusive('\n').take(11).collect();
    let [events, watch] = reasons(&log, &results, false);
    assert_eq!(
        events[0],
        "the guest ended in rust/watch, which shares it: see there"
    );
    assert!(
        events.iter().any(|what| what.contains("no end mark")),
        "{events:?}"
    );
    assert!(!watch.is_empty());
}

#[test]
fn every_line_of_the_results_that_is_lost_fails_its_scenario() {
    for lost in 0..RESULTS.lines().count() {
        let lines = RESULTS.lines().enumerate();
        let kept = lines.filter(|(number, _)| *number != lost);
        let text: String = kept.map(|(_, line)| format!("{line}\n")).collect();
        let failed = reasons(LOG, &text, true).map(|reasons| !reasons.is_empty());
        // A version line only names the form.
        let wanted = match lost {
            1 | 8 => [false, false],
            0 | 15 => [true, true],
            ..7 | 14 => [true, false],
            7 => [true, true],
            _ => [false, true],
        };
        assert_eq!(failed, wanted, "line {lost} is lost:\n{text}");
    }
}

#[test]
fn only_scenarios_that_ask_for_the_same_and_provoke_nothing_share_a_guest() {
    let folder = tempfile::tempdir().unwrap();
    let kernel = kernel(folder.path());
    let guests = |more: [&str; 2]| {
        let scenarios = scenarios(more);
        Guest::share(&jobs(folder.path(), &scenarios, &kernel)).len()
    };
    assert_eq!(guests(["", "memory: 512\nbudget: 90\n"]), 1);
    for other in [
        "cpus: 2\n",
        "cmdline: [quiet]\n",
        "alone: true\n",
        "allow: [{ pattern: x, why: y }]\n",
        "expected-failures: [{ flavor: rust, tests: [x], says: y, why: z }]\n",
        "expected-crashes: [{ flavor: rust, patterns: [x], why: y }]\n",
    ] {
        assert_eq!(guests(["", other]), 2, "{other}");
        assert_eq!(guests([other, ""]), 2, "{other}");
    }
}
