// SPDX-License-Identifier: MIT OR Apache-2.0

//! `cargo xtask shell`: a guest that a person talks to.

mod archive;
mod terminal;

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::accel::{self, Accelerator, Choice};
use crate::allowance::Allowance;
use crate::arch::Arch;
use crate::doctor::{self, Need, Permission};
use crate::flavor::Flavor;
use crate::kernel::{self, Kernel};
use crate::payload;
use crate::process;
use crate::project::Project;
use crate::qemu::Qemu;
use crate::vm::{self, Hardware};
use archive::{CRATES, DISTRIBUTION};
use terminal::Restored;

/// In MiB, before what a debugging kernel needs on top.
const MEMORY: u32 = 256;

const EXAMPLES: &str = "\
Examples:
  cargo xtask shell                   the Rust connector
  cargo xtask shell --flavor stock    the untouched one

`exit` ends the guest; so does Ctrl-A X, whatever state it is in. In another terminal,
`cargo xtask gdb` looks into it. In the guest:

  insmod /modules/cn_test.ko          a driver, which sends a message a second
  cat /proc/net/connector             the ids that are registered
  procwatch                           process events
  probes list                         the tests";

/// What `shell` is told.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) guest: Guest,
}

/// Which guest.
#[derive(Args)]
pub(crate) struct Guest {
    /// A flavor of kernel-config/flavors.yaml
    #[arg(long, value_name = "NAME", default_value = "rust")]
    pub(crate) flavor: String,
    /// Virtual processors
    #[arg(long, value_name = "N", default_value_t = 1)]
    cpus: u32,
    /// What runs the guest
    #[arg(long, value_enum, default_value = "auto")]
    accel: Choice,
    #[command(flatten)]
    permission: Permission,
}

/// Boots a guest whose first serial port is this terminal.
pub(crate) fn run(project: &Project, options: &Options) -> Result<()> {
    let guest = options.guest.prepare(project)?;
    let mut command = guest.command()?;
    command
        // Ctrl-C is the guest's; Ctrl-A begins what is said to QEMU.
        .args(["-chardev", "stdio,id=port0,mux=on,signal=off"])
        .args(guest.qemu.arch.port(0));
    eprintln!("       … `exit` or Ctrl-A X ends the guest; `cargo xtask gdb` looks into it");
    let _restored = Restored::default();
    // In this program's own group, unlike other guests: it reads from the terminal.
    let status = process::converse(&mut command)?;
    ensure!(status.success(), "QEMU ended with {status}");
    Ok(())
}

/// All that a guest is started from.
pub(crate) struct Prepared {
    qemu: Qemu,
    accelerator: Accelerator,
    cpus: u32,
    /// What it boots.
    pub(crate) kernel: Kernel,
    /// Where its files are.
    pub(crate) folder: PathBuf,
}

impl Guest {
    /// Builds what the guest needs, as far as that is not there.
    pub(crate) fn prepare(&self, project: &Project) -> Result<Prepared> {
        let arch = Flavor::named(project, &self.flavor)?.arch;
        ensure!(
            arch.cross().is_none(),
            "there is nobody to talk to in a guest of {}: the shell of this machine cannot run \
             there; `cargo xtask qemu-test` runs scenarios",
            arch.name()
        );
        let programs = DISTRIBUTION.map(str::to_owned);
        let needs = [Need::Boot(arch, &programs), Need::Build];
        doctor::require(project, &needs, self.permission)?;
        let qemu = Qemu::find(arch, None)?;
        let accelerator = accel::choose(self.accel, &qemu)?;
        eprintln!("       … {}; {}", qemu.version, accelerator.reason);
        let payloads = payload::build(project, arch, &CRATES.into())?;
        let kernel = kernel::ensure(project, &self.flavor)?;
        let folder = folder(project, &self.flavor);
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let path = folder.join("initramfs.cpio");
        let cannot = || format!("cannot write {}", path.display());
        let file = File::create(&path).with_context(cannot)?;
        archive::compose(&kernel, &payloads)?
            .write_to(BufWriter::new(file))
            .with_context(cannot)?;
        Ok(Prepared {
            qemu,
            accelerator,
            cpus: self.cpus,
            kernel,
            folder,
        })
    }
}

impl Prepared {
    /// What the guest is.
    pub(crate) fn arch(&self) -> Arch {
        self.qemu.arch
    }

    /// The QEMU that boots it. It listens for gdb; its first serial port is still to be given.
    pub(crate) fn command(&self) -> Result<Command> {
        let allowance = Allowance::of(&self.kernel.dir.join("config"))?;
        let hardware = Hardware {
            accelerator: &self.accelerator,
            cpus: self.cpus,
            memory: MEMORY * allowance.memory,
        };
        let image = self.kernel.dir.join("image");
        let archive = self.folder.join("initramfs.cpio");
        // Symbols are where the kernel is only if it is where it was linked to be.
        let words = ["nokaslr".to_owned()];
        let mut command = hardware.command(&self.qemu, &image, &archive, &words);
        vm::file_port(
            &mut command,
            self.qemu.arch,
            1,
            &self.folder.join("results.ktap"),
        );
        let listen = vm::quoted(&socket(&self.folder));
        command
            .arg("-chardev")
            .arg(format!("socket,id=gdb,server=on,wait=off,path={listen}"))
            .args(["-gdb", "chardev:gdb"]);
        Ok(command)
    }
}

/// Where the files of the guest of a flavor are.
pub(crate) fn folder(project: &Project, flavor: &str) -> PathBuf {
    project.target.join("shell").join(flavor)
}

/// Where the QEMU of the guest in `folder` listens for gdb.
pub(crate) fn socket(folder: &Path) -> PathBuf {
    folder.join("gdb")
}
