// SPDX-License-Identifier: MIT OR Apache-2.0

//! The test modules: a stage of its own behind the kernel, so that a change in one of them builds no
//! kernel anew. Which of them a kernel can have is said in their `Kbuild`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::artifact;
use super::builder::Builder;
use crate::make::Make;
use crate::project::Project;
use crate::stage::Stage;

/// The folder of the sources: a folder for each module.
pub(super) fn sources(project: &Project) -> PathBuf {
    project.payloads().join("modules")
}

/// Builds the modules for a kernel and copies them into `folder`. Their objects, which `cargo xtask
/// log` reads, go beside the sources' own folder, not into it.
pub(super) fn build(make: &Make, builder: &Builder, folder: &Path) -> Result<()> {
    let name = &builder.flavor.name;
    let sources = sources(builder.project);
    if !sources.exists() {
        return Ok(());
    }
    let mut stage = Stage::start(format!("kernel {name}: test modules"));
    let output = builder.project.target.join("modules").join(name);
    fs::create_dir_all(&output).with_context(|| format!("cannot make {}", output.display()))?;
    make.run(
        [
            &format!("M={}", sources.display()),
            &format!("MO={}", output.display()),
            "modules",
        ],
        &mut stage,
    )?;
    let modules = artifact::modules(&output)?;
    for module in &modules {
        artifact::copy_into(module, folder)?;
    }
    stage.done(format!("{} modules", modules.len()));
    Ok(())
}
