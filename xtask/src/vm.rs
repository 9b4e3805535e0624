// SPDX-License-Identifier: MIT OR Apache-2.0

//! Boots a guest, hands on what it says as it says it, and sees to its end.

use std::cell::Cell;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::accel::Accelerator;
use crate::arch::Arch;
use crate::console::Lines;
use crate::process::Group;
use crate::qemu::Qemu;

/// How often the ports and the child are looked at.
const POLL: Duration = Duration::from_millis(5);

/// The kernel's command line, but for what its machine and a scenario add.
///
/// At level 7 the console shows all but debugging. A guest that panics reboots at once.
const COMMAND_LINE: &str = "loglevel=7 panic=-1 oops=panic";

/// A guest to be.
pub(crate) struct Vm<'a> {
    /// An image that QEMU boots.
    pub(crate) kernel: &'a Path,
    /// The initramfs, not compressed: unpacking costs more than loading.
    pub(crate) archive: &'a Path,
    /// Words added to the kernel's command line.
    pub(crate) cmdline: &'a [String],
    /// Virtual CPUs.
    pub(crate) cpus: u32,
    /// In MiB.
    pub(crate) memory: u32,
    /// What runs it.
    pub(crate) accelerator: &'a Accelerator,
    /// The time after QEMU's start at which it is ended; may be moved while it runs.
    pub(crate) deadline: Cell<Duration>,
    /// A plugin of QEMU and its arguments, as QEMU takes them.
    pub(crate) plugin: Option<&'a str>,
    /// Where the logs go.
    pub(crate) logs: &'a Logs,
}

/// The files of one run.
#[derive(Debug, Clone)]
pub(crate) struct Logs {
    /// The first serial port: the kernel log.
    pub(crate) console: PathBuf,
    /// The second serial port: the results.
    pub(crate) results: PathBuf,
    /// What QEMU itself says.
    pub(crate) qemu: PathBuf,
}

/// What a guest runs on.
pub(crate) struct Hardware<'a> {
    /// What runs it.
    pub(crate) accelerator: &'a Accelerator,
    /// Virtual CPUs.
    pub(crate) cpus: u32,
    /// In MiB.
    pub(crate) memory: u32,
}

impl Hardware<'_> {
    /// The QEMU that boots `kernel` with `archive` and further words on its command line; it has no
    /// serial ports yet.
    pub(crate) fn command(
        &self,
        qemu: &Qemu,
        kernel: &Path,
        archive: &Path,
        cmdline: &[String],
    ) -> Command {
        let words = self.accelerator.cmdline.iter().chain(cmdline);
        let line = format!("{} {COMMAND_LINE}", qemu.arch.command_line());
        let line = words.fold(line, |line, word| line + " " + word);
        let mut command = qemu.machine(self.accelerator.kind.arguments(), self.memory);
        command
            .args(["-smp", &self.cpus.to_string()])
            .arg("-kernel")
            .arg(kernel)
            .arg("-initrd")
            .arg(archive)
            .args(["-append", &line]);
        command
    }
}

/// A line from the guest.
pub(crate) enum Said {
    /// By the kernel's console.
    Log(String),
    /// By PID 1, on the port of results.
    Result(String),
}

/// How a run came to its end.
#[derive(Debug, Clone)]
pub(crate) enum End {
    /// QEMU ended by itself.
    Exited(ExitStatus),
    /// It was ended after this long.
    Deadline(Duration),
}

/// What is known when a guest is gone.
#[derive(Debug, Clone)]
pub(crate) struct Ended {
    /// How.
    pub(crate) end: End,
    /// From QEMU's start to its end.
    pub(crate) elapsed: Duration,
    /// A last result without the end of its line.
    pub(crate) cut: Option<String>,
}

impl Logs {
    /// The logs of the run whose files are in `folder`.
    pub(crate) fn within(folder: &Path) -> Self {
        Self {
            console: folder.join("console.log"),
            results: folder.join("results.ktap"),
            qemu: folder.join("qemu.log"),
        }
    }
}

impl Vm<'_> {
    /// Runs the guest until QEMU ends or the deadline has passed.
    pub(crate) fn run(&self, qemu: &Qemu, mut hear: impl FnMut(Said)) -> Result<Ended> {
        let mut log = Port::open(&self.logs.console)?;
        let mut results = Port::open(&self.logs.results)?;
        let started = Instant::now();
        let mut group = self.start(qemu)?;
        let end = loop {
            let status = group.child().try_wait().context("cannot wait for QEMU")?;
            // Read after the look at the child, so that nothing it wrote is missed.
            log.read(|line| hear(Said::Log(line)))?;
            results.read(|line| hear(Said::Result(line)))?;
            if let Some(status) = status {
                break End::Exited(status);
            }
            if started.elapsed() >= self.deadline.get() {
                break End::Deadline(self.deadline.get());
            }
            std::thread::sleep(POLL);
        };
        if let Some(line) = log.lines.finish() {
            hear(Said::Log(line));
        }
        Ok(Ended {
            end,
            elapsed: started.elapsed(),
            cut: results.lines.finish(),
        })
    }

    fn start(&self, qemu: &Qemu) -> Result<Group> {
        let said = File::create(&self.logs.qemu)
            .with_context(|| format!("cannot write {}", self.logs.qemu.display()))?;
        let errors = said.try_clone().context("cannot share a log")?;
        let hardware = Hardware {
            accelerator: self.accelerator,
            cpus: self.cpus,
            memory: self.memory,
        };
        let mut command = hardware.command(qemu, self.kernel, self.archive, self.cmdline);
        file_port(&mut command, qemu.arch, 0, &self.logs.console);
        file_port(&mut command, qemu.arch, 1, &self.logs.results);
        if let Some(plugin) = self.plugin {
            command.args(["-plugin", plugin]);
        }
        command.stdin(Stdio::null()).stdout(said).stderr(errors);
        Group::spawn(&mut command)
    }
}

/// Gives a guest of `arch` a port that goes to a file; see [`Arch::port`].
pub(crate) fn file_port(command: &mut Command, arch: Arch, index: usize, path: &Path) {
    let path = quoted(path);
    command
        .args(["-chardev", &format!("file,id=port{index},path={path}")])
        .args(arch.port(index));
}

/// A path among QEMU's options, in which a comma is doubled.
pub(crate) fn quoted(path: &Path) -> String {
    path.to_string_lossy().replace(',', ",,")
}

/// The host's end of a serial port: a file that QEMU writes and that is read as it grows. Nothing
/// is lost when this program dies, and nobody waits for it to read.
struct Port {
    file: File,
    lines: Lines,
}

impl Port {
    fn open(path: &Path) -> Result<Self> {
        let cannot = || format!("cannot make {}", path.display());
        File::create(path).with_context(cannot)?;
        Ok(Self {
            file: File::open(path).with_context(cannot)?,
            lines: Lines::default(),
        })
    }

    fn read(&mut self, line: impl FnMut(String)) -> Result<()> {
        let mut bytes = Vec::new();
        self.file
            .read_to_end(&mut bytes)
            .context("cannot read what the guest wrote")?;
        self.lines.push(&bytes, line);
        Ok(())
    }
}
