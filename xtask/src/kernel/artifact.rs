// SPDX-License-Identifier: MIT OR Apache-2.0

//! What of a built kernel a guest needs, put together in one folder.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::sizes::Sizes;
use super::{misuse, modules};
use crate::flavor::Flavor;
use crate::make::{self, Make};
use crate::project::Project;
use crate::stage::Stage;

/// What is copied as it is: the place in the object folder, and the name in the finished one.
const COPIES: [(&str, &str); 3] = [
    (".config", "config"),
    ("System.map", "System.map"),
    ("Module.symvers", "Module.symvers"),
];

/// Builds what the kernel's own build does not (the test modules and the kernel's own test
/// program) and copies all that a guest needs into `folder`:
/// `image`, `config`, `System.map`, `Module.symvers`, `modules/*.ko`, `programs/*`, `sizes`, how
/// large the connector is, `info`, a text on versions, and for one flavor what [`misuse::compile`]
/// writes.
pub(crate) fn collect(
    project: &Project,
    make: &Make,
    flavor: &Flavor,
    folder: &Path,
) -> Result<()> {
    let mut stage = Stage::start(format!("kernel {}: modules and programs", flavor.name));
    for name in ["modules", "programs"] {
        let path = folder.join(name);
        fs::create_dir_all(&path).with_context(|| format!("cannot make {}", path.display()))?;
    }
    copy(&make.objects.join(make.arch.image()), &folder.join("image"))?;
    for (from, to) in COPIES {
        copy(&make.objects.join(from), &folder.join(to))?;
    }
    let mut modules = in_tree_modules(make)?;
    modules.extend(test_modules(project, make, flavor, &mut stage)?);
    for module in &modules {
        copy_into(module, &folder.join("modules"))?;
    }
    let mut programs = Vec::new();
    // No scenario needs it elsewhere, and no libraries would be there that it loads.
    if make.arch.cross().is_none() {
        programs.push(selftest(make, &mut stage)?);
    }
    // The kernel's build passes over it in silence where clang cannot link programs.
    let config = read(&make.objects.join(".config"))?;
    if make.arch.cross().is_none() && config.contains("\nCONFIG_SAMPLE_CONNECTOR=") {
        programs.push(make.objects.join("samples/connector/ucon"));
    }
    for program in &programs {
        copy_into(program, &folder.join("programs"))?;
    }
    let sizes = Sizes::of(make.objects, &config)?.to_string();
    fs::write(folder.join("sizes"), sizes).context("cannot write the connector's sizes")?;
    if flavor.name == misuse::FLAVOR {
        misuse::compile(project, make, folder, &mut stage)?;
    }
    let release = read(&make.objects.join("include/config/kernel.release"))?;
    let info = format!(
        "flavor {} ({})\nLinux {}\n{}",
        flavor.name,
        flavor.about,
        release.trim(),
        make.toolchain.versions
    );
    fs::write(folder.join("info"), info).context("cannot write the kernel's info")?;
    stage.done(format!("{} modules", modules.len()));
    Ok(())
}

/// The modules of the tree; `modules.order` lists their object files.
fn in_tree_modules(make: &Make) -> Result<Vec<PathBuf>> {
    let order = read(&make.objects.join("modules.order"))?;
    Ok(order
        .lines()
        .map(|line| make.objects.join(line).with_extension("ko"))
        .collect())
}

/// Builds each folder of `test-payloads/modules` that this kernel can have; what is made goes beside
/// the object folder, not among the sources.
fn test_modules(
    project: &Project,
    make: &Make,
    flavor: &Flavor,
    stage: &mut Stage,
) -> Result<Vec<PathBuf>> {
    let mut built = Vec::new();
    for source in modules::of_kernel(project, &read(&make.objects.join(".config"))?)? {
        let name = source.file_name().unwrap_or_default();
        let output = project.target.join("modules").join(&flavor.name).join(name);
        fs::create_dir_all(&output).with_context(|| format!("cannot make {}", output.display()))?;
        let from_to = [
            format!("M={}", source.display()),
            format!("MO={}", output.display()),
        ];
        make.run(from_to.iter().map(String::as_str).chain(["modules"]), stage)?;
        let order = read(&output.join("modules.order"))?;
        built.extend(
            order
                .lines()
                .map(|line| output.join(line).with_extension("ko")),
        );
    }
    Ok(built)
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

fn copy_into(file: &Path, folder: &Path) -> Result<()> {
    copy(file, &folder.join(file.file_name().unwrap_or_default()))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to)
        .map(|_| ())
        .with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))
}
