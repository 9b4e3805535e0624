// SPDX-License-Identifier: MIT OR Apache-2.0

//! The symbols of a kernel that ran: no cache keeps them, only the folder that it was built in.

use std::fs;
use std::path::{Path, PathBuf};

use crate::flavor::Flavor;
use crate::kernel::Workplace;
use crate::project::Project;

/// What tells one build of a kernel from another: beside its image, its objects, and the log of
/// each run.
pub(crate) const SYSTEM_MAP: &str = "System.map";

/// The `vmlinux` of a flavor, if the object folder of its class holds the build whose `System.map`
/// is in `folder`.
pub(crate) fn vmlinux(project: &Project, flavor: &str, folder: &Path) -> Option<PathBuf> {
    let flavor = Flavor::named(project, flavor).ok()?;
    let objects = Workplace::of(project, &flavor).objects;
    let vmlinux = objects.join("vmlinux");
    let here = fs::read(objects.join(SYSTEM_MAP)).ok()?;
    let there = fs::read(folder.join(SYSTEM_MAP)).ok()?;
    (here == there && vmlinux.is_file()).then_some(vmlinux)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::scratch;

    #[test]
    fn symbols_of_another_build_are_not_used() {
        let (_folder, project) = scratch();
        let run = project.target.join("runs/rust/new");
        let objects = project.cache.join("build/x86_64");
        let flavors = project.kernel_config().join("flavors.yaml");
        fs::create_dir_all(project.kernel_config()).unwrap();
        fs::write(flavors, "rust: { about: a, series: [], fragments: [] }\n").unwrap();
        for folder in [&run, &objects] {
            fs::create_dir_all(folder).unwrap();
        }
        fs::write(objects.join("vmlinux"), "").unwrap();
        assert_eq!(vmlinux(&project, "rust", &run), None);
        fs::write(run.join(SYSTEM_MAP), "0 T a").unwrap();
        fs::write(objects.join(SYSTEM_MAP), "1 T a").unwrap();
        assert_eq!(vmlinux(&project, "rust", &run), None);
        fs::write(objects.join(SYSTEM_MAP), "0 T a").unwrap();
        assert_eq!(
            vmlinux(&project, "rust", &run),
            Some(objects.join("vmlinux"))
        );
    }
}
