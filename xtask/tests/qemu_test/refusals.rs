// SPDX-License-Identifier: MIT OR Apache-2.0

//! What is refused before a guest is judged.

use std::process::Command;

use crate::{Said, qemu_test};

/// The command must fail before any guest is booted, and say `why`.
fn refused(arguments: &[&str], why: &str) {
    let runs = tempfile::tempdir().unwrap();
    let said = Said::from(qemu_test(runs.path(), arguments).output().unwrap());
    assert_eq!(said.code, Some(1), "{}", said.all);
    assert!(said.last_line.starts_with("error: "), "{}", said.all);
    assert!(said.last_line.contains(why), "{why}\n{}", said.all);
}

#[test]
fn a_name_that_nothing_has() {
    refused(
        &["--scenario", "nothing"],
        "unknown scenario `nothing`; there are abort, ",
    );
    refused(
        &["--flavor", "nothing"],
        "unknown flavor nothing; there are: ",
    );
    let why = "no-payload.yaml: unknown payload `nothing`: it is no crate in ";
    refused(&["--scenario", "no-payload"], why);
    let why = "no-module.yaml: unknown module `nothing.ko`: neither the kernel rust nor ";
    refused(&["--scenario", "no-module"], why);
}

#[test]
fn a_scenario_that_does_not_run_on_the_flavor() {
    let why = "scenario green does not run on stock; it does on rust";
    refused(&["--scenario", "green", "--flavor", "stock"], why);
}

#[test]
fn flavors_for_different_machines() {
    let why = "flavor rust is not for s390, as the others or `--arch` are; run it by itself";
    refused(&["--arch", "s390", "--flavor", "rust"], why);
    refused(&["--flavor", "rust-s390,rust"], why);
    refused(&["--arch", "s390"], "no scenario runs on c-s390, rust-s390");
}

#[test]
fn programs_of_this_machine_on_another() {
    let text = "about: a\nflavors: [rust-s390]\nsteps: [exec ls]\nprograms: [ls]\n";
    let said = alone("foreign", text);
    let why = "foreign.yaml: programs of this machine do not run on rust-s390";
    assert!(said.last_line.contains(why), "{}", said.all);
}

#[test]
fn a_filter_that_matches_nothing() {
    let why = "no test matches --filter 'nothing'";
    refused(&["--scenario", "filtered", "--filter", "nothing"], why);
}

#[test]
fn a_qemu_that_is_not_installed() {
    let why = "install it with `apt-get install qemu-system-x86`";
    refused(&["--scenario", "green", "--qemu", "/nowhere/qemu"], why);
}

#[test]
fn a_scenario_that_is_no_yaml() {
    let text = "about: a\nflavors: [rust]\nsteps: [run faults none]\ncpus: many\n";
    let said = alone("broken", text);
    let why = "scenarios/broken.yaml:4:7: cpus: invalid type: string \"many\", expected u32";
    assert!(said.last_line.contains(why), "{}", said.all);
}

/// `cargo xtask qemu-test --arch s390`, which must fail, where there is no scenario but `name`.
fn alone(name: &str, text: &str) -> Said {
    let payloads = tempfile::tempdir().unwrap();
    let folder = payloads.path().join("scenarios");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join(name).with_extension("yaml"), text).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["qemu-test", "--arch", "s390", "--payloads"])
        .arg(payloads.path())
        .output();
    let said = Said::from(output.unwrap());
    assert_eq!(said.code, Some(1), "{}", said.all);
    said
}
