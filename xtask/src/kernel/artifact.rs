// SPDX-License-Identifier: MIT OR Apache-2.0

//! The parts of a built kernel that a guest needs, put together in one folder.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::sizes::Sizes;
use crate::flavor::Flavor;
use crate::make::{self, Make};
use crate::stage::Stage;

/// What is copied as it is: the place in the object folder, and the name in the finished one.
const COPIES: [(&str, &str); 3] = [
    (".config", "config"),
    ("System.map", "System.map"),
    ("Module.symvers", "Module.symvers"),
];

/// Builds the kernel's own test program and copies all that a guest needs into `folder`: `image`,
/// `config`, `System.map`, `Module.symvers`, `modules/*.ko`, `programs/*`, `sizes`, the sizes of the
/// connector's objects, and `info`, a text on versions.
pub(super) fn collect(
    make: &Make,
    flavor: &Flavor,
    folder: &Path,
    stage: &mut Stage,
) -> Result<()> {
    for name in ["modules", "programs"] {
        let path = folder.join(name);
        fs::create_dir_all(&path).with_context(|| format!("cannot make {}", path.display()))?;
    }
    copy(&make.objects.join(make.arch.image()), &folder.join("image"))?;
    for (from, to) in COPIES {
        copy(&make.objects.join(from), &folder.join(to))?;
    }
    for module in modules(make.objects)? {
        copy_into(&module, &folder.join("modules"))?;
    }
    let config = read(&make.objects.join(".config"))?;
    for program in programs(make, &config, stage)? {
        copy_into(&program, &folder.join("programs"))?;
    }
    let sizes = Sizes::of(make.objects, &config)?.to_string();
    fs::write(folder.join("sizes"), sizes).context("cannot write the connector's sizes")?;
    let release = read(&make.objects.join("include/config/kernel.release"))?;
    let info = format!(
        "flavor {} ({})\nLinux {}\n{}",
        flavor.name,
        flavor.about,
        release.trim(),
        make.toolchain.versions
    );
    fs::write(folder.join("info"), info).context("cannot write the kernel's info")
}

/// The programs of the kernel's tree that scenarios run.
fn programs(make: &Make, config: &str, stage: &mut Stage) -> Result<Vec<PathBuf>> {
    // No scenario needs them elsewhere, and no libraries would be there that they load.
    if make.arch.cross().is_some() {
        return Ok(Vec::new());
    }
    let mut programs = vec![selftest(make, stage)?];
    // The kernel's build passes over it in silence where clang cannot link programs.
    if config.contains("\nCONFIG_SAMPLE_CONNECTOR=") {
        programs.push(make.objects.join("samples/connector/ucon"));
    }
    Ok(programs)
}

/// The modules that a build has made in `folder`; its `modules.order` lists their object files.
pub(super) fn modules(folder: &Path) -> Result<Vec<PathBuf>> {
    let order = read(&folder.join("modules.order"))?;
    Ok(order
        .lines()
        .map(|line| folder.join(line).with_extension("ko"))
        .collect())
}

/// Builds `proc_filter`, the kernel's own test of process events, with its own Makefile and this
/// kernel's headers.
fn selftest(make: &Make, stage: &mut Stage) -> Result<PathBuf> {
    let output = make.objects.join("selftests-connector");
    fs::create_dir_all(&output).with_context(|| format!("cannot make {}", output.display()))?;
    let headers = make.objects.join("usr/include");
    let mut command = make::clean(&make.toolchain.make);
    command
        .arg("-C")
        .arg(make.tree.join("tools/testing/selftests/connector"))
        .args(make.toolchain.make_arguments())
        .arg(format!("OUTPUT={}", output.display()))
        .arg(format!("KHDR_INCLUDES=-isystem {}", headers.display()));
    make::run(&mut command, make.log, stage)?;
    Ok(output.join("proc_filter"))
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

pub(super) fn copy_into(file: &Path, folder: &Path) -> Result<()> {
    copy(file, &folder.join(file.file_name().unwrap_or_default()))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to)
        .map(|_| ())
        .with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))
}
