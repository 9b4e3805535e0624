// SPDX-License-Identifier: MIT OR Apache-2.0

//! The programs that run in the guest: crates of this workspace, built static, and programs of
//! the distribution, with the libraries they load.

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::arch::{Arch, Cross};
use crate::ask::ask;
use crate::process;
use crate::project::Project;
use crate::stage::Stage;
use crate::toolchain::{Toolchain, which};

/// The profile in the workspace's `Cargo.toml`.
const PROFILE: &str = "guest";

/// Static, and at a fixed address: smaller, and nothing to relocate under emulation.
const FLAGS: &str = "-Ctarget-feature=+crt-static\x1f-Crelocation-model=static";

/// Refuses a name that is no crate in `folder`.
pub(crate) fn check(folder: &Path, name: &str) -> Result<()> {
    ensure!(
        folder.join(name).join("Cargo.toml").is_file(),
        "unknown payload `{name}`: it is no crate in {}, and neither `programs` nor \
         `kernel-programs` lists it",
        folder.display()
    );
    Ok(())
}

/// Builds PID 1 and the crates `names` for `arch`, each with a binary of the same name. Returns the
/// folder that holds the binaries: `init` and `names`.
pub(crate) fn build(project: &Project, arch: Arch, names: &BTreeSet<&str>) -> Result<PathBuf> {
    let mut stage = Stage::start("payloads: build");
    let triple = arch.rust_target();
    let target = project.target.join("guest");
    // Not appended to: the log is that of the last build.
    let log = project.log("payloads.log")?;
    std::fs::write(&log, "").with_context(|| format!("cannot write {}", log.display()))?;
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    command
        .current_dir(&project.root)
        .args([
            "build",
            "--locked",
            "--profile",
            PROFILE,
            "--target",
            triple,
            "--bins",
        ])
        .arg("--target-dir")
        .arg(&target)
        .args(["--package", "initramfs"])
        .args(names.iter().flat_map(|name| ["--package", *name]))
        .env("CARGO_ENCODED_RUSTFLAGS", FLAGS);
    if let Some(cross) = arch.cross() {
        cross_compile(&mut command, project, triple, cross)?;
    }
    let mut said = String::new();
    let status = process::run_logged(&mut command, &log, |line| {
        stage.progress(line);
        said = format!("{said}{line}\n");
    })?;
    ensure!(
        status.success(),
        "the payloads do not build:\n{said}the whole log: {}",
        log.display()
    );
    stage.done(
        names
            .iter()
            .fold("init".to_owned(), |all, name| all + ", " + name),
    );
    Ok(target.join(triple).join(PROFILE))
}

/// Lets cargo build for an architecture for which no library is installed: with the kernel's rustc,
/// whose library sources are there, and these as part of what is built.
fn cross_compile(
    command: &mut Command,
    project: &Project,
    triple: &str,
    cross: Cross,
) -> Result<()> {
    let rustc = Toolchain::find(project)?.rustc.path;
    let variable = triple.to_uppercase().replace('-', "_");
    command
        .arg("-Zbuild-std=std,panic_abort")
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTC", rustc)
        .env(format!("CARGO_TARGET_{variable}_LINKER"), cross.linker);
    Ok(())
}

/// The tests of a payload that was built, as `GROUP/TEST`. Every payload answers to `list`.
pub(crate) fn tests(binaries: &Path, name: &str) -> Result<Vec<String>> {
    let text = ask(binaries.join(name), &["list"])?;
    Ok(text.lines().map(str::to_owned).collect())
}

/// Finds a program of the distribution.
pub(crate) fn find(name: &str) -> Result<PathBuf> {
    which(name).with_context(|| {
        format!("there is no program `{name}` here; install it, as with `apt-get install {name}`")
    })
}

/// The libraries that a program loads, with the loader itself, as absolute paths; none when it is
/// static. They belong in the guest at the same places.
pub(crate) fn libraries(program: &Path) -> Result<Vec<PathBuf>> {
    let mut ldd = Command::new("ldd");
    ldd.arg(program).env("LC_ALL", "C");
    let (status, text, complaint) = process::collect(&mut ldd)?;
    if complaint.contains("not a dynamic executable") {
        return Ok(Vec::new());
    }
    let name = program.display();
    ensure!(
        status.success(),
        "ldd {name}: {status}: {}",
        complaint.trim()
    );
    parse_ldd(&text).with_context(|| format!("{name} cannot run here"))
}

/// Lines are `NAME => PATH (ADDRESS)`, `PATH (ADDRESS)` for the loader, and, without a path,
/// those of a static program and of what the kernel itself supplies.
fn parse_ldd(text: &str) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for line in text.lines().map(str::trim) {
        let place = line.split_once(" => ").map_or(line, |(_, place)| place);
        if place.starts_with("not found") {
            bail!("a library is missing: {line}");
        }
        let path = place.split(" (").next().unwrap_or(place);
        if path.starts_with('/') {
            paths.push(PathBuf::from(path));
        }
    }
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ldd_is_understood() {
        let text = "\tlinux-vdso.so.1 (0x00007ffc)\n\
                    \tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f)\n\
                    \t/lib64/ld-linux-x86-64.so.2 (0x00007f)\n";
        let paths = parse_ldd(text).unwrap();
        let wanted = [
            "/lib/x86_64-linux-gnu/libc.so.6",
            "/lib64/ld-linux-x86-64.so.2",
        ];
        assert_eq!(paths, wanted.map(PathBuf::from));
        assert_eq!(
            parse_ldd("\tstatically linked\n").unwrap(),
            [""; 0].map(PathBuf::from)
        );
        let error = parse_ldd("\tlibx.so.1 => not found\n").unwrap_err();
        assert!(error.to_string().contains("libx.so.1"), "{error}");
    }

    #[test]
    fn a_program_of_the_distribution_comes_with_what_it_loads() {
        let libraries = libraries(&find("cpio").unwrap()).unwrap();
        let holds = |part: &str| libraries.iter().any(|l| l.to_string_lossy().contains(part));
        assert!(holds("libc.so"), "{libraries:?}");
        assert!(holds("ld-linux"), "{libraries:?}");
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let error = find("no-such-program").unwrap_err().to_string();
        assert!(
            error.contains("`apt-get install no-such-program`"),
            "{error}"
        );
    }
}
