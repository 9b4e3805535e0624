// SPDX-License-Identifier: MIT OR Apache-2.0

//! Proof that an object folder which several flavors share adds nothing of its own: a kernel from an
//! empty one has the same bytes.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::builder::{Builder, Image};
use crate::cache;
use crate::lock::Lock;
use crate::project::Project;

/// The files that are compared; `info` is written by this program.
const COMPARED: [&str; 4] = ["image", "config", "System.map", "Module.symvers"];

/// Builds the kernel of `flavor` in an empty object folder, and returns an error that names the files
/// in which it differs from the one that [`super::ensure()`] gives.
pub(crate) fn compare(project: &Project, flavor: &str) -> Result<()> {
    let mut builder = Builder::new(project, flavor)?;
    let _lock = Lock::wait(&project.target)?;
    let Image { dir, id, .. } = builder.image(None)?;
    builder.tree().prepare(&builder.flavor.series, None)?;
    let _building = Lock::of_builds(&project.cache)?;
    builder.flavor.class += "-from-nothing";
    let objects = builder.workplace().objects;
    cache::remove(&objects)?;
    let fresh = tempfile::tempdir().context("cannot make a folder")?;
    builder.build_into(&builder.tree(), &id, fresh.path(), false)?;
    cache::remove(&objects)?;
    let differing = differing(&dir, fresh.path())?;
    ensure!(
        differing.is_empty(),
        "the kernel {flavor} from an empty object folder differs from {} in {}; remove \
         what is kept with `cargo xtask clean`, and report this",
        dir.display(),
        differing.join(", ")
    );
    Ok(())
}

/// The files that are not the same in both folders.
fn differing(one: &Path, other: &Path) -> Result<Vec<String>> {
    let mut names: BTreeSet<PathBuf> = COMPARED.iter().map(PathBuf::from).collect();
    for folder in [one, other] {
        let modules = folder.join("modules");
        let cannot = || format!("cannot read {}", modules.display());
        for entry in modules.read_dir().with_context(cannot)? {
            let name = entry.with_context(cannot)?.file_name();
            names.insert(Path::new("modules").join(name));
        }
    }
    let differs = |name: &PathBuf| match (fs::read(one.join(name)), fs::read(other.join(name))) {
        (Ok(one), Ok(other)) => one != other,
        _ => true,
    };
    let names = names.into_iter().filter(differs);
    Ok(names.map(|name| name.display().to_string()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_that_differs_or_is_missing_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let places = ["one", "other"].map(|name| folder.path().join(name));
        for place in &places {
            fs::create_dir_all(place.join("modules")).unwrap();
            for name in COMPARED.iter().chain(&["modules/a.ko"]) {
                fs::write(place.join(name), "same").unwrap();
            }
        }
        let [one, other] = &places;
        assert_eq!(differing(one, other).unwrap(), [""; 0]);
        fs::write(other.join("image"), "changed").unwrap();
        fs::write(other.join("modules/b.ko"), "more").unwrap();
        assert_eq!(differing(one, other).unwrap(), ["image", "modules/b.ko"]);
    }
}
