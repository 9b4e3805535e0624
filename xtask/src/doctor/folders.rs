// SPDX-License-Identifier: MIT OR Apache-2.0

//! Names of folders that make, kbuild and its shell commands can take.

use std::path::Path;

use anyhow::{Result, bail};

use crate::project::Project;

/// Punctuation that means nothing to make or to a shell. kbuild quotes almost no path.
const HARMLESS: &str = "/._-+,@~";

/// Returns an error if the kernel cannot be built in the folders of `project`, or with its tools.
pub(super) fn require(project: &Project) -> Result<()> {
    judge(&project.target, "move the checkout to one without it")?;
    judge(&project.cache, "set CONNECTOR_CACHE to one without it")
}

fn judge(folder: &Path, remedy: &str) -> Result<()> {
    // kbuild follows symbolic links.
    let real = folder.ancestors().find_map(|path| path.canonicalize().ok());
    for path in [Some(folder), real.as_deref()].into_iter().flatten() {
        if let Some(character) = refused(&path.to_string_lossy()) {
            bail!(
                "the kernel's build cannot take {character:?} in the folder {}: {remedy}",
                path.display()
            );
        }
    }
    Ok(())
}

/// Returns the first character that kbuild cannot take.
fn refused(path: &str) -> Option<char> {
    let fits = |c: char| !c.is_ascii() || c.is_ascii_alphanumeric() || HARMLESS.contains(c);
    path.chars().find(|&c| !fits(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_make_or_a_shell_would_take_apart_is_refused() {
        for character in " \t\n:#$%'\"\\;&|<>()*?[]{}`=!^".chars() {
            let path = format!("/home/a{character}b/target");
            assert_eq!(refused(&path), Some(character), "{path}");
        }
        for path in ["/home/Zoë/日本/target", "/srv/g++_1.0~rc1,a-b@2/target"] {
            assert_eq!(refused(path), None, "{path}");
        }
    }

    #[test]
    fn an_error_names_character_and_folder_and_what_to_do() {
        let error = judge(Path::new("/a b/target"), "move it").unwrap_err();
        assert_eq!(
            error.to_string(),
            "the kernel's build cannot take ' ' in the folder /a b/target: move it"
        );
    }

    #[test]
    fn a_link_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("a:b"), folder.path().join("link"));
        std::fs::create_dir(&real).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        let error = judge(&link.join("not-yet"), "move it").unwrap_err();
        assert!(error.to_string().contains("take ':' in"), "{error}");
    }
}
