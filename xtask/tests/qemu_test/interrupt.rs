// SPDX-License-Identifier: MIT OR Apache-2.0

//! Ctrl-C.

use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::{Said, qemu_test};

/// The processes that have `text` in their command line.
fn processes_with(text: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap() {
        let path = entry.unwrap().path();
        let line = std::fs::read(path.join("cmdline")).unwrap_or_default();
        let is_qemu = line.starts_with(b"qemu");
        if is_qemu
            && line
                .windows(text.len())
                .any(|window| window == text.as_bytes())
        {
            found.push(path);
        }
    }
    found
}

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        // As long as it may take to build the payloads, and more.
        assert!(started.elapsed() < Duration::from_secs(600), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn interrupt(child: &Child) {
    let pid = nix::unistd::Pid::from_raw(child.id().cast_signed());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).unwrap();
}

#[test]
fn ctrl_c_leaves_no_qemu_behind() {
    let runs = tempfile::tempdir().unwrap();
    let arguments = ["--scenario", "hang", "--timeout", "300"];
    let child = qemu_test(runs.path(), arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = child.unwrap();
    let place = runs.path().display().to_string();
    wait_until("QEMU never started", || {
        assert!(
            child.try_wait().unwrap().is_none(),
            "nothing ran that could be interrupted"
        );
        !processes_with(&place).is_empty()
    });
    interrupt(&child);
    let said = Said::from(child.wait_with_output().unwrap());
    assert_eq!(said.code, Some(130), "{}", said.all);
    assert!(
        said.last_line.starts_with("error: interrupted"),
        "{}",
        said.all
    );
    wait_until("QEMU outlived its parent", || {
        processes_with(&place).is_empty()
    });
}
