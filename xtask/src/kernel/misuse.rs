// SPDX-License-Identifier: MIT OR Apache-2.0

//! The compiler's words on files that it must refuse, compiled by the kernel's own build.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::builder::Builder;
use crate::cache;
use crate::make::Make;
use crate::process;
use crate::project::Project;
use crate::stage::Stage;

/// The file of the stage's folder.
const TEXT: &str = "misuse";

/// The folder of the files.
pub(crate) fn sources(project: &Project) -> PathBuf {
    project.payloads().join("misuse")
}

/// The text that [`compile`] has left in `folder`.
pub(super) fn read(folder: &Path) -> Result<String> {
    let path = folder.join(TEXT);
    fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
}

/// Compiles each file for itself and writes `misuse` into `folder`: the compiler's errors and
/// warnings, a line each, as `FILE.rs:LINE:COLUMN: error[CODE]: WORDS`, and a line
/// `FILE.rs: compiled` for each file of which it made an object.
///
/// The build is meant to fail.
pub(super) fn compile(make: &Make, builder: &Builder, folder: &Path) -> Result<()> {
    let project = builder.project;
    let sources = sources(project);
    let names = names(&sources)?;
    let mut stage = Stage::start(format!("kernel {}: misuse", builder.flavor.name));
    let output = project.target.join("modules").join(TEXT);
    // An object of an earlier run would count as compiled.
    cache::remove(&output)?;
    fs::create_dir_all(&output).with_context(|| format!("cannot make {}", output.display()))?;
    let mut command = make.command();
    command
        .args(["--keep-going", "KRUSTFLAGS=--error-format=short"])
        .arg(format!("M={}", sources.display()))
        .arg(format!("MO={}", output.display()))
        .args(names.iter().map(|name| format!("{name}.o")));
    let prefix = format!("{}/", sources.display());
    let mut text = String::new();
    process::run_logged(&mut command, make.log, |line| {
        stage.progress(line);
        if let Some(line) = line.strip_prefix(&prefix) {
            text += &format!("{line}\n");
        }
    })?;
    for name in names {
        if output.join(&name).with_extension("o").exists() {
            text += &format!("{name}.rs: compiled\n");
        }
    }
    fs::write(folder.join(TEXT), text).context("cannot write the compiler's words")
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
