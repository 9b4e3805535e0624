// SPDX-License-Identifier: MIT OR Apache-2.0

//! `cargo xtask gdb`: looks into the guest of `cargo xtask shell`, or into one of its own.

use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::kernel;
use crate::process::{self, Group};
use crate::project::Project;
use crate::shell::{self, Guest};
use crate::symbols;
use crate::toolchain::which;
use crate::vm;

/// How long QEMU may take until it listens.
const START: Duration = Duration::from_secs(10);

const EXAMPLES: &str = "\
Examples:
  cargo xtask gdb                     a guest that stops before its first instruction, or the one
                                      that `cargo xtask shell` runs in another terminal
  cargo xtask gdb -- -batch -ex 'hbreak cn_add_handler' -ex c -ex bt
      who calls it first";

/// What `gdb` is told.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    #[command(flatten)]
    guest: Guest,
    /// Further arguments for gdb
    #[arg(last = true, value_name = "ARGUMENT")]
    arguments: Vec<String>,
}

/// Starts gdb with the kernel's symbols, connected to a guest.
pub(crate) fn run(project: &Project, options: &Options) -> Result<()> {
    ensure!(
        which("gdb").is_some(),
        "there is no gdb here; install it with `apt-get install gdb`"
    );
    let flavor = &options.guest.flavor;
    let socket = shell::socket(&shell::folder(project, flavor));
    let own = if listens(&socket)? {
        None
    } else {
        let guest = options.guest.prepare(project)?;
        let log = guest.folder.join("console.log");
        let mut command = guest.command()?;
        vm::file_port(&mut command, guest.arch(), 0, &log);
        eprintln!("       … the guest's kernel log: {}", log.display());
        command.arg("-S").stdin(Stdio::null());
        Some(start(&mut command, &socket)?)
    };
    let kernel = kernel::ensure(project, flavor)?;
    let vmlinux = match symbols::vmlinux(project, flavor, &kernel.dir) {
        Some(vmlinux) => vmlinux,
        // A build gives the same bytes each time.
        None => kernel::objects(project, flavor, None)?.join("vmlinux"),
    };
    let status = process::converse(&mut command(&vmlinux, &socket, &options.arguments))?;
    drop(own);
    ensure!(status.success(), "gdb ended with {status}");
    Ok(())
}

fn command(vmlinux: &Path, socket: &Path, arguments: &[String]) -> Command {
    // The kernel's own commands for gdb are beside it, if the configuration has them.
    let objects = vmlinux.parent().map(Path::to_path_buf).unwrap_or_default();
    let trusted = format!("add-auto-load-safe-path {}", objects.display());
    let mut command = Command::new("gdb");
    command
        .args(["--quiet", "-iex", &trusted])
        .arg(vmlinux)
        .args(["-ex", &format!("target remote {}", socket.display())])
        .args(arguments);
    command
}

/// Starts a guest, which ends when what is returned is dropped, and waits until it listens.
fn start(command: &mut Command, socket: &Path) -> Result<Group> {
    let mut group = Group::spawn(command)?;
    let started = Instant::now();
    while !listens(socket)? {
        let status = group.child().try_wait().context("cannot wait for QEMU")?;
        if let Some(status) = status {
            anyhow::bail!("QEMU ended with {status} before gdb could be connected");
        }
        ensure!(
            started.elapsed() < START,
            "QEMU does not listen on {}; is the path too long for a socket?",
            socket.display()
        );
        thread::sleep(Duration::from_millis(20));
    }
    Ok(group)
}

/// Whether a guest waits for gdb there, by the kernel's table: the file stays when QEMU is killed,
/// and who connects to it stops the guest.
fn listens(socket: &Path) -> Result<bool> {
    const TABLE: &str = "/proc/net/unix";
    let table = std::fs::read_to_string(TABLE).with_context(|| format!("cannot read {TABLE}"))?;
    let path = format!(" {}", socket.display());
    // Address, references, protocol, flags (here __SO_ACCEPTCON), type, state, inode, path.
    let accepts = |line: &str| line.split_whitespace().nth(3) == Some("00010000");
    Ok(table
        .lines()
        .any(|line| line.ends_with(&path) && accepts(line)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;

    #[test]
    fn a_socket_that_a_guest_has_left_behind_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("gdb");
        assert!(!listens(&socket).unwrap());
        let listener = UnixListener::bind(&socket).unwrap();
        assert!(listens(&socket).unwrap());
        drop(listener);
        assert!(socket.exists() && !listens(&socket).unwrap());
    }

    #[test]
    fn a_guest_that_does_not_start_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let Err(error) = start(&mut Command::new("false"), &folder.path().join("gdb")) else {
            panic!("it started")
        };
        assert!(error.to_string().contains("exit status: 1"), "{error}");
    }

    #[test]
    fn gdb_is_connected_before_it_is_told_anything_else() {
        let more = ["-ex".to_owned(), "bt".to_owned()];
        let command = command(Path::new("/o/vmlinux"), Path::new("/s/gdb"), &more);
        let words: Vec<_> = command
            .get_args()
            .map(|word| word.to_string_lossy())
            .collect();
        assert_eq!(
            words[1..],
            [
                "-iex",
                "add-auto-load-safe-path /o",
                "/o/vmlinux",
                "-ex",
                "target remote /s/gdb",
                "-ex",
                "bt"
            ]
        );
    }
}
