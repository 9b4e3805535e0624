// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a finished kernel is made from, as one hash: the same key, the same kernel.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use super::{misuse, modules};
use crate::config;
use crate::flavor::Flavor;
use crate::project::Project;
use crate::source::checksum;
use crate::tree::COVER_PATCH;

/// Changes whenever this program puts something else into a finished kernel's folder, or builds it
/// in another way.
const LAYOUT: &str = "4";

/// The key of a flavor: its name and a hash over its architecture, the sources (`base`, a git tree id), the patches,
/// the fragments, the toolchain (`versions`, what it says of itself) and the test modules.
pub(crate) fn key(
    project: &Project,
    base: &str,
    flavor: &Flavor,
    versions: &str,
) -> Result<String> {
    let mut hash = Sha256::new();
    let mut add = |name: &str, content: &[u8]| {
        // Lengths keep apart what would else read the same when put together.
        hash.update(format!("{name} {}\n", content.len()));
        hash.update(content);
    };
    add("layout", LAYOUT.as_bytes());
    add("arch", flavor.arch.name().as_bytes());
    add("base", base.as_bytes());
    for folder in &flavor.series {
        for path in files(&project.patches().join(folder))? {
            let is_mail = path
                .extension()
                .is_some_and(|extension| extension == "patch");
            // The cover letter is a mail too, but changes nothing.
            if is_mail && !path.ends_with(COVER_PATCH) {
                add("patch", &read(&path)?);
            }
        }
    }
    let config = config::requested_text(flavor)?;
    add("config", config.as_bytes());
    add("toolchain", versions.as_bytes());
    let modules = modules::sources(project);
    for path in files(&modules)? {
        let folder = path.parent().unwrap_or(&modules);
        if modules::fits(folder, &config)? {
            let name = path.strip_prefix(&modules).unwrap_or(&path);
            add(&name.to_string_lossy(), &read(&path)?);
        }
    }
    if flavor.name == misuse::FLAVOR {
        for path in files(&misuse::sources(project))? {
            let name = path.strip_prefix(project.payloads()).unwrap_or(&path);
            add(&name.to_string_lossy(), &read(&path)?);
        }
    }
    let hash = checksum::hex(&hash.finalize());
    Ok(format!("{}-{}", flavor.name, &hash[..32]))
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

    #[test]
    fn the_key_changes_with_each_thing_that_a_kernel_is_made_from() {
        let (_folder, project) = scratch();
        let write = |path: PathBuf, text: &str| {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        let fragment = project.kernel_config().join("base.config");
        let patch = project.patches().join("rust/0001-x.patch");
        let module = project.payloads().join("modules/m/m.c");
        write(fragment.clone(), "CONFIG_A=y\n");
        write(patch.clone(), "diff 1");
        write(module.clone(), "int a;");
        let flavor = |name: &str| Flavor {
            name: name.to_owned(),
            about: String::new(),
            arch: Arch::default(),
            series: vec!["rust".to_owned()],
            fragments: vec![fragment.clone()],
        };
        let key = |base: &str, name: &str, versions: &str| {
            key(&project, base, &flavor(name), versions).unwrap()
        };
        let now = |base: &str| key(base, "rust", "rustc 1.96");

        let first = now("base");
        assert!(first.starts_with("rust-"));
        assert_eq!(first, now("base"));
        assert_ne!(first, now("other"));
        assert_ne!(first, key("base", "rust", "rustc 1.97"));
        for path in [fragment.clone(), patch, module] {
            let before = now("base");
            write(path, "something else");
            assert_ne!(before, now("base"));
        }
        // A module in Rust is built for kernels with Rust.
        let module = project.payloads().join("modules/r/r.rs");
        let before = now("base");
        write(module.clone(), "fn a();");
        assert_eq!(before, now("base"));
        write(fragment.clone(), "CONFIG_RUST=y\n");
        let before = now("base");
        write(module, "fn b();");
        assert_ne!(before, now("base"));
        // Misuse is compiled for one flavor.
        let (mine, other) = (now("base"), key("base", "c", "rustc 1.96"));
        write(misuse::sources(&project).join("a.rs"), "unsafe fn a();");
        assert_ne!(mine, now("base"));
        assert_eq!(other, key("base", "c", "rustc 1.96"));
        // The prose of a cover letter is not built.
        let before = now("base");
        write(project.patches().join("rust/cover-letter.txt"), "dear all");
        write(project.patches().join("rust").join(COVER_PATCH), "dear all");
        assert_eq!(before, now("base"));
    }
}
