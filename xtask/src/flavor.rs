// SPDX-License-Identifier: MIT OR Apache-2.0

//! Flavors of the kernel: which patches are applied and which fragments are merged.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Result, bail};
use serde::Deserialize;

use crate::arch::Arch;
use crate::project::Project;
use crate::yaml;

/// One entry of `kernel-config/flavors.yaml`, with its names looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Flavor {
    /// What it is called on the command line.
    pub(crate) name: String,
    /// What it is for, in a sentence.
    pub(crate) about: String,
    /// What it is built for.
    pub(crate) arch: Arch,
    /// The object folder that it shares with flavors whose compiler flags are alike, so that most of
    /// what one of them has built serves the others; the architecture's name unless it says another.
    pub(crate) class: String,
    /// The folders of `patches/` that are applied, in this order; none for the pinned tree itself.
    pub(crate) series: Vec<String>,
    /// The files that are merged on top of `make tinyconfig`, in this order.
    pub(crate) fragments: Vec<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    about: String,
    #[serde(default)]
    arch: Arch,
    class: Option<String>,
    series: Vec<String>,
    fragments: Vec<String>,
}

impl Flavor {
    /// The flavor `name`; an error lists those that exist.
    pub(crate) fn named(project: &Project, name: &str) -> Result<Self> {
        let mut flavors = Self::all(project)?;
        match flavors.iter().position(|flavor| flavor.name == name) {
            Some(index) => Ok(flavors.swap_remove(index)),
            None => {
                let names: Vec<_> = flavors.iter().map(|flavor| flavor.name.as_str()).collect();
                bail!("unknown flavor {name}; there are: {}", names.join(", "))
            }
        }
    }

    /// The flavors that are for `arch`, by name.
    pub(crate) fn of(project: &Project, arch: Arch) -> Result<Vec<Self>> {
        let mut flavors = Self::all(project)?;
        flavors.retain(|flavor| flavor.arch == arch);
        Ok(flavors)
    }

    /// Every flavor, by name.
    pub(crate) fn all(project: &Project) -> Result<Vec<Self>> {
        let path = project.kernel_config().join("flavors.yaml");
        let entries: BTreeMap<String, Entry> = yaml::load(&path)?;
        entries
            .into_iter()
            .map(|(name, entry)| Self::look_up(project, name, entry))
            .collect()
    }

    fn look_up(project: &Project, name: String, entry: Entry) -> Result<Self> {
        let mut fragments = Vec::new();
        for fragment in &entry.fragments {
            let path = project.kernel_config().join(format!("{fragment}.config"));
            if !path.is_file() {
                bail!(
                    "flavor {name} names the fragment {fragment}, but there is no {}",
                    path.display()
                );
            }
            fragments.push(path);
        }
        for folder in &entry.series {
            let path = project.patches().join(folder);
            if !path.is_dir() {
                bail!(
                    "flavor {name} names the series {folder}, but there is no folder {}",
                    path.display()
                );
            }
        }
        Ok(Self {
            name,
            about: entry.about,
            class: entry.class.unwrap_or_else(|| entry.arch.name().to_owned()),
            arch: entry.arch,
            series: entry.series,
            fragments,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::scratch;

    const FLAVORS: &str = "\
stock: { about: plain, series: [], fragments: [base] }
rust: { about: product, series: [rust], fragments: [base, core] }
";

    fn project_with(flavors: &str) -> (tempfile::TempDir, Project) {
        let (folder, project) = scratch();
        std::fs::create_dir_all(project.kernel_config()).unwrap();
        std::fs::create_dir_all(project.patches().join("rust")).unwrap();
        for name in ["base", "core"] {
            let path = project.kernel_config().join(format!("{name}.config"));
            std::fs::write(path, "CONFIG_X=y\n").unwrap();
        }
        std::fs::write(project.kernel_config().join("flavors.yaml"), flavors).unwrap();
        (folder, project)
    }

    #[test]
    fn a_flavor_names_its_patches_and_fragments() {
        let (_folder, project) = project_with(FLAVORS);
        let rust = Flavor::named(&project, "rust").unwrap();
        assert_eq!(rust.series, ["rust"]);
        let names: Vec<_> = rust
            .fragments
            .iter()
            .flat_map(|path| path.file_name())
            .collect();
        assert_eq!(names, ["base.config", "core.config"]);
    }

    #[test]
    fn an_unknown_flavor_is_refused_with_the_known_ones() {
        let (_folder, project) = project_with(FLAVORS);
        let error = Flavor::named(&project, "tsan").unwrap_err().to_string();
        assert_eq!(error, "unknown flavor tsan; there are: rust, stock");
    }

    #[test]
    fn a_flavor_that_names_nothing_real_is_refused() {
        let fragment = "x: { about: a, series: [], fragments: [nope] }\n";
        let (_folder, project) = project_with(fragment);
        let error = Flavor::all(&project).unwrap_err().to_string();
        assert!(
            error.contains("flavor x names the fragment nope"),
            "{error}"
        );
        let series = "x: { about: a, series: [nope], fragments: [] }\n";
        let (_folder, project) = project_with(series);
        let error = Flavor::all(&project).unwrap_err().to_string();
        assert!(error.contains("flavor x names the series nope"), "{error}");
    }

    #[test]
    fn malformed_flavors_are_refused_with_file_and_line() {
        let (_folder, project) = project_with("rust:\n  about: a\n  series: fixes\n");
        let error = Flavor::all(&project).unwrap_err().to_string();
        assert!(error.contains("flavors.yaml:3:"), "{error}");
        assert!(error.contains("expected a sequence"), "{error}");
    }
}
