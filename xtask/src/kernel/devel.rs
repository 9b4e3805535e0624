// SPDX-License-Identifier: MIT OR Apache-2.0

//! Headers, scripts and Rust's metadata of a finished kernel, with which out-of-tree modules are
//! built, packed into one file, as a distribution's `-devel` or `-headers` package has them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::make::{self, Make};
use crate::process;
use crate::project::Project;
use crate::stage::Stage;

/// The file's name in a finished kernel's folder.
const FILE: &str = "devel.tar.zst";

/// The kernel's own script, which leaves Rust out.
const SCRIPT: &str = "scripts/package/install-extmod-build";

/// Extensions of the files that a Rust module is compiled against, in the folder `rust` of the objects.
const RUST: [&str; 2] = ["rmeta", "so"];

/// Packs what `make` has built into `folder`.
pub(super) fn pack(make: &Make, folder: &Path, stage: &mut Stage) -> Result<()> {
    let scratch = tempfile::tempdir_in(folder).context("cannot make a folder for headers")?;
    let mut script = make::clean(Path::new("sh"));
    script
        .current_dir(make.objects)
        .arg(make.tree.join(SCRIPT))
        .arg(scratch.path())
        .env("srctree", make.tree)
        .env("SRCARCH", make.arch.of_kernel())
        // Equal: the tools are those that the host's compiler made.
        .envs([("CC", "cc"), ("HOSTCC", "cc")]);
    make::run(&mut script, make.log, stage)?;
    copy_metadata(&make.objects.join("rust"), &scratch.path().join("rust"))?;
    let mut tar = Command::new("tar");
    tar.arg("--directory")
        .arg(scratch.path())
        .args(["--zstd", "--create", "--file"])
        .arg(folder.join(FILE))
        .arg(".");
    process::capture(&mut tar)?;
    Ok(())
}

/// Unpacks those of the kernel in `folder`, in place of those of another one of that flavor.
pub(super) fn unpack(project: &Project, flavor: &str, folder: &Path) -> Result<PathBuf> {
    let parent = project.target.join("devel");
    let place = parent.join(flavor);
    crate::cache::remove(&place)?;
    fs::create_dir_all(&place).with_context(|| format!("cannot make {}", place.display()))?;
    let mut tar = Command::new("tar");
    tar.arg("--directory")
        .arg(&place)
        .args(["--zstd", "--extract", "--file"])
        .arg(folder.join(FILE));
    process::capture(&mut tar)?;
    Ok(place)
}

fn copy_metadata(from: &Path, to: &Path) -> Result<()> {
    let cannot = || format!("cannot copy {}", from.display());
    if !from.exists() {
        return Ok(());
    }
    fs::create_dir_all(to).with_context(cannot)?;
    for entry in from.read_dir().with_context(cannot)? {
        let path = entry.with_context(cannot)?.path();
        let extension = path.extension().unwrap_or_default();
        if RUST.iter().any(|wanted| extension == *wanted) {
            let name = path.file_name().unwrap_or_default();
            fs::copy(&path, to.join(name)).with_context(cannot)?;
        }
    }
    Ok(())
}
