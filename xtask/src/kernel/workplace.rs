// SPDX-License-Identifier: MIT OR Apache-2.0

//! The folders in the cache in which kernels are built: one source tree, and an object folder for
//! each class of flavors.
//!
//! The tree is switched from series to series by git, which gives only the files that differ a new
//! time stamp. kbuild tracks those, the options and the command lines, and so compiles only what
//! another flavor of the class needs anew. Checkouts share the folders, one build at a time.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::cache::{self, BUILDS};
use crate::flavor::Flavor;
use crate::project::Project;

/// The file in an object folder that names the kernel whose build was finished there.
const NOTE: &str = "finished";

/// The number of steps of the last build from nothing.
const STEPS: &str = "steps";

/// The places of a flavor's build.
pub(crate) struct Workplace {
    /// The sources, of the series that was built last.
    pub(crate) tree: PathBuf,
    /// The objects of the flavor of its class that was built last.
    pub(crate) objects: PathBuf,
}

impl Workplace {
    /// The places of builds of `flavor`.
    pub(crate) fn of(project: &Project, flavor: &Flavor) -> Self {
        let folder = project.cache.join(BUILDS);
        Self {
            tree: folder.join("tree"),
            objects: folder.join(&flavor.class),
        }
    }

    /// Notes that a build begins: the objects are of no kernel until it is finished. Returns the
    /// number of steps that it will take, if it begins with nothing and one did so before.
    pub(super) fn begin(&self) -> Result<Option<usize>> {
        let steps = fs::read_to_string(self.steps()).ok();
        let anew = !self.objects.join("vmlinux").exists();
        cache::remove(&self.objects.join(NOTE))?;
        fs::create_dir_all(&self.objects)
            .with_context(|| format!("cannot make {}", self.objects.display()))?;
        Ok(steps
            .and_then(|text| text.trim().parse().ok())
            .filter(|_| anew))
    }

    /// Notes that the objects are those of the kernel `key`, made in so many steps.
    pub(super) fn finish(&self, key: &str, steps: usize) -> Result<()> {
        let known = fs::read_to_string(self.steps()).ok();
        let known = known.and_then(|text| text.trim().parse().ok());
        if known.is_none_or(|known: usize| known < steps) {
            write(self.steps(), &steps.to_string())?;
        }
        write(self.objects.join(NOTE), key)
    }

    /// Returns true if the objects are those of the kernel `key`.
    pub(super) fn holds(&self, key: &str) -> bool {
        fs::read_to_string(self.objects.join(NOTE)).is_ok_and(|note| note == key)
    }

    /// The file beside the object folder, so that it outlives it.
    fn steps(&self) -> PathBuf {
        self.objects.with_extension(STEPS)
    }
}

fn write(path: PathBuf, text: &str) -> Result<()> {
    fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::Arch;
    use crate::project::scratch;

    #[test]
    fn objects_are_those_of_the_last_finished_build() {
        let (_folder, project) = scratch();
        let flavor = Flavor {
            name: "rust".to_owned(),
            about: String::new(),
            arch: Arch::default(),
            class: "x86_64".to_owned(),
            series: Vec::new(),
            fragments: Vec::new(),
        };
        let workplace = Workplace::of(&project, &flavor);
        assert!(!workplace.holds("rust-1"));
        assert_eq!(workplace.begin().unwrap(), None);
        workplace.finish("rust-1", 2600).unwrap();
        assert!(workplace.holds("rust-1") && !workplace.holds("c-1"));
        // Begun and not finished.
        assert_eq!(workplace.begin().unwrap(), Some(2600));
        assert!(!workplace.holds("rust-1"));
        // Objects are there: most steps fall away, and their number is no measure.
        fs::write(workplace.objects.join("vmlinux"), "").unwrap();
        assert_eq!(workplace.begin().unwrap(), None);
        workplace.finish("c-1", 40).unwrap();
        fs::remove_file(workplace.objects.join("vmlinux")).unwrap();
        assert_eq!(workplace.begin().unwrap(), Some(2600));
    }
}
