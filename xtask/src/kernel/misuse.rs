// SPDX-License-Identifier: MIT OR Apache-2.0

//! Has the kernel's own build compile what no compiler may take, and keeps what it says of it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::Kernel;
use crate::cache;
use crate::make::Make;
use crate::process;
use crate::project::Project;
use crate::stage::Stage;

/// The flavor whose kernel the files are compiled for.
pub(crate) const FLAVOR: &str = "rust";

/// What the text is called in a finished kernel's folder.
const TEXT: &str = "misuse";

/// Where the files are.
pub(crate) fn sources(project: &Project) -> PathBuf {
    project.payloads().join("misuse")
}

/// What [`compile`] has left in the folder of a kernel.
pub(crate) fn said(kernel: &Kernel) -> Result<String> {
    let path = kernel.dir.join(TEXT);
    fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
}

/// Compiles each file for itself and writes `misuse` into `folder`: the compiler's errors and
/// warnings, a line each, as `FILE.rs:LINE:COLUMN: error[CODE]: WORDS`, and a line
/// `FILE.rs: compiled` for each file of which it made an object.
///
/// That the build fails is what is wanted.
pub(super) fn compile(
    project: &Project,
    make: &Make,
    folder: &Path,
    stage: &mut Stage,
) -> Result<()> {
    let sources = sources(project);
    if !sources.exists() {
        return Ok(());
    }
    let names = names(&sources)?;
    let output = project.target.join("modules").join(FLAVOR).join(TEXT);
    // What was compiled before says nothing of now.
    cache::remove(&output)?;
    fs::create_dir_all(&output).with_context(|| format!("cannot make {}", output.display()))?;
    let mut command = make.command();
    command
        .args(["--keep-going", "KRUSTFLAGS=--error-format=short"])
        .arg(format!("M={}", sources.display()))
        .arg(format!("MO={}", output.display()))
        .args(names.iter().map(|name| format!("{name}.o")));
    let prefix = format!("{}/", sources.display());
    let mut said = String::new();
    process::run_logged(&mut command, make.log, |line| {
        stage.progress(line);
        if let Some(line) = line.strip_prefix(&prefix) {
            said += &format!("{line}\n");
        }
    })?;
    for name in names {
        if output.join(&name).with_extension("o").exists() {
            said += &format!("{name}.rs: compiled\n");
        }
    }
    fs::write(folder.join(TEXT), said).context("cannot write what the compiler said")
}

/// The names of the files in Rust, without the extension, in their order.
pub(crate) fn names(sources: &Path) -> Result<Vec<String>> {
    let cannot = || format!("cannot read {}", sources.display());
    let mut names = Vec::new();
    for entry in sources.read_dir().with_context(cannot)? {
        let name = entry.with_context(cannot)?.file_name();
        if let Some(name) = name.to_string_lossy().strip_suffix(".rs") {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}
