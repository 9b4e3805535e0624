// SPDX-License-Identifier: MIT OR Apache-2.0

//! The QEMU of this machine.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::arch::Arch;
use crate::ask::ask;

/// A QEMU that was found to start.
#[derive(Debug, Clone)]
pub(crate) struct Qemu {
    program: PathBuf,
    /// What it emulates.
    pub(crate) arch: Arch,
    /// As it names itself, for example `QEMU emulator version 7.2.22 (Debian …)`.
    pub(crate) version: String,
}

impl Qemu {
    /// Asks the QEMU of `arch`, or `program` in its place, for its version. An error says how to get
    /// it.
    pub(crate) fn find(arch: Arch, program: Option<&OsStr>) -> Result<Self> {
        let emulator = arch.emulator();
        let program = program.unwrap_or(OsStr::new(emulator.program));
        let how = || {
            format!(
                "cannot run QEMU as {}; install it with `apt-get install {}`",
                program.display(),
                emulator.packages.join(" ")
            )
        };
        let text = ask(program, &["--version"]).with_context(how)?;
        Ok(Self {
            program: program.into(),
            arch,
            version: text.lines().next().unwrap_or_default().to_owned(),
        })
    }

    /// A machine with nothing but what every guest of its architecture has here, and no
    /// configuration or devices that the user's files would add.
    pub(crate) fn machine(&self, accelerator: &[&str], memory: u32) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(self.arch.machine())
            .args(accelerator)
            .args(["-m", &memory.to_string()])
            .args(["-nodefaults", "-no-user-config", "-no-reboot"])
            .args(["-display", "none"]);
        command
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_qemu_is_named_with_the_way_to_get_it() {
        let error = Qemu::find(Arch::X86_64, Some(OsStr::new("/nowhere/qemu"))).unwrap_err();
        let text = format!("{error:#}");
        assert!(text.contains("/nowhere/qemu"), "{text}");
        assert!(text.contains("apt-get install qemu-system-x86"), "{text}");
        let error = Qemu::find(Arch::X86_64, Some(OsStr::new("false"))).unwrap_err();
        assert!(
            format!("{error:#}").contains("`false --version`"),
            "{error:#}"
        );
    }
}
