// SPDX-License-Identifier: MIT OR Apache-2.0

//! Which accelerator runs the guests, and why.
//!
//! That `/dev/kvm` can be opened says little: there are machines on which it can, and on which a
//! VM can be made, and no kernel ever runs in it. So a guest is run, for a moment.
//!
//! The host is x86-64; guests of other architectures are emulated in any case.

mod rom;
mod tsc;

use std::fs::File;
use std::io::Read;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::process::Group;
use crate::qemu::Qemu;

/// How long the guest of the probe may take. On a processor it needs a few hundredths of this.
const DEADLINE: Duration = Duration::from_secs(1);

/// What makes a guest count its instructions, and do the same each time: nothing that it sees comes
/// from the host's clock or from chance, and it does not sleep when it is idle.
const COUNTING: [&str; 10] = [
    "-accel",
    "tcg,thread=single",
    "-cpu",
    "max",
    "-icount",
    "shift=0,sleep=off",
    "-seed",
    "42",
    "-rtc",
    "base=2026-01-01,clock=vm",
];

/// What the user asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Choice {
    /// KVM where a guest runs on it, else TCG
    Auto,
    /// KVM, or an error
    Kvm,
    /// QEMU's own emulation
    Tcg,
}

/// What is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The processor itself.
    Kvm,
    /// QEMU's emulation of one.
    Tcg,
    /// Its emulation of one of another architecture.
    Foreign,
    /// The same, with a clock that moves on by a nanosecond an instruction.
    Counting,
}

/// The accelerator, and how it came to be that one.
#[derive(Debug, Clone)]
pub(crate) struct Accelerator {
    /// Which it is.
    pub(crate) kind: Kind,
    /// For people, for example `TCG, because KVM does not work here: …`.
    pub(crate) reason: String,
    /// What a guest's kernel is told, as words of its command line.
    pub(crate) cmdline: Vec<String>,
}

impl Kind {
    /// What QEMU is told.
    pub(crate) fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Kvm => &["-accel", "kvm", "-cpu", "host"],
            Self::Foreign => &["-accel", "tcg"],
            Self::Tcg => &["-accel", "tcg", "-cpu", "max"],
            Self::Counting => &COUNTING,
        }
    }

    /// Emulated, the counter that the clock is read from is the host's: it runs as fast, and on
    /// all processors the same. Where it counts instructions, it runs at 1 GHz.
    fn cmdline(self) -> Vec<String> {
        match self {
            Self::Kvm | Self::Foreign => Vec::new(),
            Self::Tcg => vec![
                "tsc=reliable".to_owned(),
                format!("tsc_early_khz={}", tsc::khz()),
            ],
            Self::Counting => vec![
                "tsc=reliable".to_owned(),
                "tsc_early_khz=1000000".to_owned(),
            ],
        }
    }

    /// How much longer than under KVM a guest may take.
    pub(crate) fn patience(self) -> u32 {
        match self {
            Self::Kvm => 1,
            Self::Tcg | Self::Foreign | Self::Counting => 4,
        }
    }
}

/// What counts instructions.
pub(crate) fn counting() -> Accelerator {
    Accelerator {
        kind: Kind::Counting,
        reason: "TCG, counting instructions".to_owned(),
        cmdline: Kind::Counting.cmdline(),
    }
}

/// Decides. Only [`Choice::Kvm`] can fail: when no guest of that QEMU runs on it.
pub(crate) fn choose(choice: Choice, qemu: &Qemu) -> Result<Accelerator> {
    let accelerator = |kind: Kind, reason: String| Accelerator {
        kind,
        reason,
        cmdline: kind.cmdline(),
    };
    if qemu.arch.cross().is_some() {
        let name = qemu.arch.name();
        ensure!(
            choice != Choice::Kvm,
            "KVM runs no guest of {name} on this processor; leave `--accel kvm` away"
        );
        let reason = format!("TCG, as always for {name}");
        return Ok(accelerator(Kind::Foreign, reason));
    }
    if choice == Choice::Tcg {
        return Ok(accelerator(Kind::Tcg, "TCG, as asked for".to_owned()));
    }
    match (probe(Kind::Kvm, qemu), choice) {
        (Ok(()), _) => Ok(accelerator(Kind::Kvm, "KVM; a guest ran on it".to_owned())),
        (Err(error), Choice::Kvm) => {
            Err(error.context("KVM does not work here; use `--accel tcg`, or repair it"))
        }
        (Err(error), _) => Ok(accelerator(
            Kind::Tcg,
            format!("TCG (slower), because KVM does not work here: {error:#}"),
        )),
    }
}

/// Runs the guest of [`rom`] until it says that it ran.
fn probe(kind: Kind, qemu: &Qemu) -> Result<()> {
    if kind == Kind::Kvm {
        File::options()
            .read(true)
            .write(true)
            .open("/dev/kvm")
            .context("cannot open /dev/kvm")?;
    }
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let image = folder.path().join("rom");
    std::fs::write(&image, rom::image()).context("cannot write the probe's guest")?;
    let mut command = qemu.machine(kind.arguments(), 16);
    command
        .arg("-bios")
        .arg(&image)
        .args(["-device", "isa-debug-exit,iobase=0xf4,iosize=1"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut group = Group::spawn(&mut command)?;
    let started = Instant::now();
    loop {
        if let Some(status) = group.child().try_wait().context("cannot wait for QEMU")? {
            if status.code() == Some(rom::RAN) {
                return Ok(());
            }
            let mut said = String::new();
            if let Some(mut stream) = group.child().stderr.take() {
                // What was said is extra; the status is told in any case.
                let _ = stream.read_to_string(&mut said);
            }
            let said = said.lines().next().unwrap_or("it said nothing").trim();
            bail!("QEMU ended with {status}: {said}");
        }
        if started.elapsed() > DEADLINE {
            bail!("a guest was started and did not run within {DEADLINE:?}");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::Arch;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    fn qemu() -> Qemu {
        Qemu::find(Arch::default(), None).unwrap()
    }

    /// A program in the place of QEMU that does `body`.
    fn pretend(folder: &Path, body: &str) -> Qemu {
        let path = folder.join("qemu");
        let text = format!("#!/bin/sh\n[ \"$1\" = --version ] && exit 0\n{body}\n");
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
        Qemu::find(Arch::default(), Some(path.as_os_str())).unwrap()
    }

    /// Emulation always works, so this shows that the guest of the probe does.
    #[test]
    fn the_guest_of_the_probe_runs() {
        probe(Kind::Tcg, &qemu()).unwrap();
    }

    #[test]
    fn a_guest_that_never_runs_is_given_up() {
        let folder = tempfile::tempdir().unwrap();
        let started = Instant::now();
        let error = probe(Kind::Tcg, &pretend(folder.path(), "exec sleep 1000")).unwrap_err();
        assert!(error.to_string().contains("did not run within"), "{error}");
        assert!(started.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn what_qemu_says_is_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        let qemu = pretend(folder.path(), "echo failed to set MSR >&2; exit 7");
        let error = probe(Kind::Tcg, &qemu).unwrap_err().to_string();
        assert_eq!(error, "QEMU ended with exit status: 7: failed to set MSR");
    }

    #[test]
    fn asking_for_tcg_probes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let qemu = pretend(folder.path(), "exec sleep 1000");
        let started = Instant::now();
        assert_eq!(choose(Choice::Tcg, &qemu).unwrap().kind, Kind::Tcg);
        assert!(started.elapsed() < DEADLINE);
    }

    #[test]
    fn a_guest_of_another_architecture_is_emulated() {
        let folder = tempfile::tempdir().unwrap();
        let mut foreign = pretend(folder.path(), "exec sleep 1000");
        foreign.arch = Arch::S390;
        let chosen = choose(Choice::Auto, &foreign).unwrap();
        assert_eq!(chosen.kind, Kind::Foreign);
        assert_eq!(chosen.cmdline, [""; 0]);
        let error = choose(Choice::Kvm, &foreign).unwrap_err().to_string();
        assert!(error.contains("no guest of s390"), "{error}");
    }

    #[test]
    fn kvm_falls_back_aloud_and_insists_when_told() {
        let folder = tempfile::tempdir().unwrap();
        let qemu = pretend(folder.path(), "exit 7");
        let chosen = choose(Choice::Auto, &qemu).unwrap();
        assert_eq!(chosen.kind, Kind::Tcg);
        assert!(
            chosen.reason.contains("because KVM does not work"),
            "{}",
            chosen.reason
        );
        let error = choose(Choice::Kvm, &qemu).unwrap_err();
        assert!(
            error.to_string().contains("KVM does not work here"),
            "{error}"
        );
    }
}
