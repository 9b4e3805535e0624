// SPDX-License-Identifier: MIT OR Apache-2.0

//! Content hashes of what is built: the same key, the same kernel, the same modules.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::config;
use crate::flavor::Flavor;
use crate::project::Project;
use crate::source::checksum;
use crate::toolchain::Toolchain;
use crate::tree::COVER_PATCH;

/// A number that changes whenever this program puts something else into a finished kernel's folder,
/// or builds it in another way.
const LAYOUT: &str = "5";

/// A hash over pieces with names.
#[derive(Default)]
struct Sum(Sha256);

impl Sum {
    fn add(&mut self, name: &str, content: &[u8]) {
        // Lengths keep apart pieces that would otherwise read the same when put together.
        self.0.update(format!("{name} {}\n", content.len()));
        self.0.update(content);
    }

    fn key(self, name: &str) -> String {
        let hash = checksum::hex(&self.0.finalize());
        format!("{name}-{}", &hash[..32])
    }
}

/// The key of a flavor's kernel: its name and a hash over its architecture, the sources (`base`, a
/// git tree id), the patches, the fragments and the toolchain.
pub(super) fn key(
    base: &str,
    project: &Project,
    flavor: &Flavor,
    toolchain: &Toolchain,
) -> Result<String> {
    let mut sum = Sum::default();
    sum.add("layout", LAYOUT.as_bytes());
    sum.add("arch", flavor.arch.name().as_bytes());
    sum.add("base", base.as_bytes());
    for folder in &flavor.series {
        for path in files(&project.patches().join(folder))? {
            let is_mail = path
                .extension()
                .is_some_and(|extension| extension == "patch");
            // The cover letter is a mail too, but changes nothing.
            if is_mail && !path.ends_with(COVER_PATCH) {
                sum.add("patch", &read(&path)?);
            }
        }
    }
    sum.add("config", config::requested_text(flavor)?.as_bytes());
    sum.add("toolchain", toolchain.versions.as_bytes());
    Ok(sum.key(&flavor.name))
}

/// The key of what is built from the files under `sources` for the kernel with the key `kernel`.
pub(super) fn stage(kernel: &str, sources: &Path) -> Result<String> {
    let mut sum = Sum::default();
    sum.add("kernel", kernel.as_bytes());
    for path in files(sources)? {
        let name = path.strip_prefix(sources).unwrap_or(&path);
        sum.add(&name.to_string_lossy(), &read(&path)?);
    }
    let name = sources.file_name().unwrap_or_default().to_string_lossy();
    Ok(sum.key(&name))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// The files under a folder in the order of their names; none if there is no such folder.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let cannot = || format!("cannot read {}", folder.display());
    let mut found = Vec::new();
    if !folder.exists() {
        return Ok(found);
    }
    for entry in folder.read_dir().with_context(cannot)? {
        let path = entry.with_context(cannot)?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::Arch;
    use crate::project::scratch;
    use crate::toolchain::tests::toolchain;

    fn write(path: &Path, text: &str) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    #[test]
    fn the_key_changes_with_each_thing_that_a_kernel_is_made_from() {
        let (_folder, project) = scratch();
        let fragment = project.kernel_config().join("base.config");
        let patch = project.patches().join("rust/0001-x.patch");
        write(&fragment, "CONFIG_A=y\n");
        write(&patch, "diff 1");
        let flavor = |name: &str| Flavor {
            name: name.to_owned(),
            about: String::new(),
            arch: Arch::default(),
            class: String::new(),
            series: vec!["rust".to_owned()],
            fragments: vec![fragment.clone()],
        };
        let key = |base: &str, versions: &str| {
            key(base, &project, &flavor("rust"), &toolchain(versions)).unwrap()
        };
        let now = || key("base", "rustc 1.96");

        let first = now();
        assert!(first.starts_with("rust-"));
        assert_eq!(first, now());
        assert_ne!(first, key("other", "rustc 1.96"));
        assert_ne!(first, key("base", "rustc 1.97"));
        for path in [&fragment, &patch] {
            let before = now();
            write(path, "something else");
            assert_ne!(before, now());
        }
        // The prose of a cover letter is not built, and modules are built later.
        let before = now();
        write(&project.patches().join("rust/cover-letter.txt"), "dear all");
        write(
            &project.patches().join("rust").join(COVER_PATCH),
            "dear all",
        );
        write(&project.payloads().join("modules/m/m.c"), "int a;");
        assert_eq!(before, now());
    }

    #[test]
    fn the_key_of_modules_changes_with_their_sources_and_with_the_kernel() {
        let (_folder, project) = scratch();
        let sources = project.payloads().join("modules");
        write(&sources.join("m/m.c"), "int a;");
        let first = stage("rust-1", &sources).unwrap();
        assert!(first.starts_with("modules-"), "{first}");
        assert_eq!(first, stage("rust-1", &sources).unwrap());
        assert_ne!(first, stage("rust-2", &sources).unwrap());
        write(&sources.join("m/m.c"), "int b;");
        assert_ne!(first, stage("rust-1", &sources).unwrap());
    }
}
