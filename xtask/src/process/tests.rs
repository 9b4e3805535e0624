// SPDX-License-Identifier: MIT OR Apache-2.0

use super::*;

#[test]
fn captured_output_is_given_and_a_failure_shows_the_errors() {
    let mut both = Command::new("sh");
    both.args(["-c", "echo out; echo err >&2"]);
    assert_eq!(capture(&mut both).unwrap(), "out\n");
    let mut failing = Command::new("sh");
    failing.args(["-c", "echo why >&2; exit 3"]);
    let error = capture(&mut failing).unwrap_err().to_string();
    assert!(error.ends_with("failed (exit status: 3): why"), "{error}");
    let error = capture(&mut Command::new("/no/such/tool"))
        .unwrap_err()
        .to_string();
    assert!(error.contains("is it installed?"), "{error}");
}

#[test]
fn output_goes_to_the_log_and_to_the_watcher() {
    let log = tempfile::NamedTempFile::new().unwrap();
    let mut lines = Vec::new();
    let status = run_logged(
        Command::new("sh").args(["-c", "echo one; echo two >&2; exit 3"]),
        log.path(),
        |line| lines.push(line.to_owned()),
    )
    .unwrap();
    assert_eq!(status.code(), Some(3));
    assert_eq!(lines, ["one", "two"]);
    assert_eq!(std::fs::read_to_string(log.path()).unwrap(), "one\ntwo\n");
}

/// Waits until a process of this id is gone, or only waits to be reaped.
fn assert_ends(pid: &str) {
    let stat = Path::new("/proc").join(pid.trim()).join("stat");
    for _ in 0..100 {
        let text = std::fs::read_to_string(&stat).unwrap_or_default();
        if text.is_empty() || text.contains(") Z ") {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("process {pid} is still there");
}

/// Starts a process of its own, says which, and waits for it, whatever it is told.
const STUBBORN: &str = "trap '' TERM; sleep 1000 & echo $!; wait";

#[test]
fn dropping_a_group_ends_all_of_it() {
    let mut group = Group::spawn(
        Command::new("sh")
            .args(["-c", STUBBORN])
            .stdout(Stdio::piped()),
    )
    .unwrap();
    let mut line = String::new();
    BufReader::new(group.child().stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    drop(group);
    assert_ends(&line);
}

/// Where the program that a test starts is to write what it runs.
const LOG: &str = "INTERRUPTED_TEST_LOG";

/// Runs the test `name` a second time, as a program; returns when that has written a line.
fn started(name: &str, log: &Path) -> Child {
    let mut program = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("process::tests::{name}")])
        .env(LOG, log)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while !std::fs::read_to_string(log).unwrap().ends_with('\n') {
        assert_eq!(program.try_wait().unwrap(), None);
        std::thread::sleep(Duration::from_millis(20));
    }
    program
}

fn send(signal: Signal, program: &Child) {
    kill(Pid::from_raw(pid(program)), signal).unwrap();
}

#[test]
fn an_interrupt_ends_this_process_and_all_that_it_started() {
    if let Some(log) = std::env::var_os(LOG) {
        handle_signals().unwrap();
        let mut make = Command::new("sh");
        run_logged(make.args(["-c", STUBBORN]), Path::new(&log), |_| {}).unwrap();
        unreachable!("it waits for a process that does not end");
    }
    let log = tempfile::NamedTempFile::new().unwrap();
    let name = "an_interrupt_ends_this_process_and_all_that_it_started";
    let mut program = started(name, log.path());
    send(Signal::SIGINT, &program);
    assert_eq!(program.wait().unwrap().code(), Some(INTERRUPTED));
    assert_ends(&std::fs::read_to_string(log.path()).unwrap());
}

#[test]
fn an_interrupt_is_for_the_child_that_a_person_talks_to() {
    if let Some(log) = std::env::var_os(LOG) {
        handle_signals().unwrap();
        let log = File::create(log).unwrap();
        let mut child = Command::new("sh");
        converse(child.args(["-c", "echo $$; exec sleep 1000"]).stdout(log)).unwrap();
        unreachable!("it talks to a process that does not end");
    }
    let log = tempfile::NamedTempFile::new().unwrap();
    let name = "an_interrupt_is_for_the_child_that_a_person_talks_to";
    let mut program = started(name, log.path());
    send(Signal::SIGINT, &program);
    std::thread::sleep(2 * GRACE);
    assert_eq!(program.try_wait().unwrap(), None);
    send(Signal::SIGTERM, &program);
    assert_eq!(program.wait().unwrap().code(), Some(INTERRUPTED));
    assert_ends(&std::fs::read_to_string(log.path()).unwrap());
}
