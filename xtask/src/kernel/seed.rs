// SPDX-License-Identifier: MIT OR Apache-2.0

//! A head start for a new object folder.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::cache;
use crate::flavor::Flavor;
use crate::process;
use crate::project::Project;
use crate::stage::Stage;

/// Lets the object folder of `flavor`, if there is none yet, begin as a copy of that of a flavor
/// with the same series and architecture, time stamps and all.
///
/// Both are built from the same work tree, so kbuild, which notes the command line, the options and
/// the headers of each object, rebuilds just what the other configuration reaches.
pub(super) fn seed(project: &Project, flavor: &Flavor, objects: &Path) -> Result<()> {
    if objects.exists() {
        return Ok(());
    }
    let folder_of = |flavor: &Flavor| project.target.join("objects").join(&flavor.name);
    let Some(sibling) = Flavor::all(project)?
        .into_iter()
        .filter(|other| other.series == flavor.series && other.arch == flavor.arch)
        .find(|other| folder_of(other).join("vmlinux").exists())
    else {
        return Ok(());
    };
    let stage = Stage::start(format!("kernel {}: begin with a copy", flavor.name));
    // An interrupted copy must not pass for an object folder.
    let partial = objects.with_extension("partial");
    cache::remove(&partial)?;
    process::capture(
        Command::new("cp")
            .args(["--archive", "--reflink=auto"])
            .arg(folder_of(&sibling))
            .arg(&partial),
    )?;
    std::fs::rename(&partial, objects)
        .with_context(|| format!("cannot move {} into place", partial.display()))?;
    stage.done(format!("the objects of {}", sibling.name));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::scratch;
    use std::fs;

    #[test]
    fn objects_are_copied_from_a_built_flavor_of_the_same_series_only() {
        let (_folder, project) = scratch();
        fs::create_dir_all(project.kernel_config()).unwrap();
        fs::create_dir_all(project.patches().join("rust")).unwrap();
        fs::write(
            project.kernel_config().join("flavors.yaml"),
            "rust: { about: a, series: [rust], fragments: [] }\n\
             debug: { about: a, series: [rust], fragments: [] }\n\
             stock: { about: a, series: [], fragments: [] }\n\
             arm: { about: a, arch: arm, series: [rust], fragments: [] }\n",
        )
        .unwrap();
        let objects = |name: &str| project.target.join("objects").join(name);
        let begin = |name: &str| {
            let flavor = Flavor::named(&project, name).unwrap();
            seed(&project, &flavor, &objects(name)).unwrap();
        };
        fs::create_dir_all(objects("rust")).unwrap();
        begin("debug");
        assert!(!objects("debug").exists(), "rust is not built yet");
        fs::write(objects("rust").join("vmlinux"), "an image").unwrap();
        begin("stock");
        assert!(!objects("stock").exists(), "stock has another work tree");
        begin("arm");
        assert!(!objects("arm").exists(), "arm is for another architecture");
        begin("debug");
        let time = |name: &str| {
            objects(name)
                .join("vmlinux")
                .metadata()
                .unwrap()
                .modified()
                .unwrap()
        };
        assert_eq!(time("debug"), time("rust"));
        // What is there already is left alone.
        fs::write(objects("debug").join("vmlinux"), "its own image").unwrap();
        begin("debug");
        assert_eq!(
            fs::read_to_string(objects("debug").join("vmlinux")).unwrap(),
            "its own image"
        );
    }
}
