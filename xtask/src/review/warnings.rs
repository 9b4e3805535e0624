// SPDX-License-Identifier: MIT OR Apache-2.0

//! The warnings in what a build prints.

use std::collections::BTreeSet;
use std::path::Path;

/// A warning, without the line that it is about: that moves when lines above it come or go.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Warning {
    /// The file in the tree, if it is about one.
    pub(crate) file: Option<String>,
    /// What it says.
    pub(crate) text: String,
}

/// What `W=1` says of the repository that the sources are in, and not of the sources: a tarball's
/// hidden files are in it, though the kernel's rules for git ignore them.
const OF_THE_REPOSITORY: &str = "ignored by one of the .gitignore files";

/// Collects warnings, line by line.
#[derive(Default)]
pub(crate) struct Reader {
    /// What has been found.
    pub(crate) found: BTreeSet<Warning>,
    /// One of rustc, which names its file in the line after.
    begun: Option<String>,
}

impl Reader {
    /// Takes in a line of the output of a build of the sources in `tree`.
    pub(crate) fn read(&mut self, line: &str, tree: &Path) {
        if let Some(text) = self.begun.take() {
            let place = line.trim_start().strip_prefix("--> ");
            let file = place.map(|place| in_tree(place, tree));
            self.found.insert(Warning { file, text });
        }
        // Of rustc, rustdoc and clippy; their sums of warnings are none.
        if let Some(text) = line.strip_prefix("warning: ") {
            if !text.ends_with("warning emitted") && !text.ends_with("warnings emitted") {
                self.begun = Some(text.to_owned());
            }
            return;
        }
        // Of clang, sparse, objtool, modpost and kernel-doc.
        if line.ends_with(OF_THE_REPOSITORY) {
            return;
        }
        let lower = line.to_lowercase();
        if let Some(at) = lower.find("warning: ") {
            let place = line.get(..at).unwrap_or_default();
            let text = line.get(at + "warning: ".len()..).unwrap_or_default();
            // kernel-doc has its place behind the word.
            let (place, text) = match text.split_once(' ') {
                Some((place, text)) if place.matches(':').count() == 1 && place.contains('/') => {
                    (place, text)
                }
                _ => (place, text),
            };
            let file = (!place.trim().is_empty()).then(|| in_tree(place, tree));
            self.found.insert(Warning {
                file,
                text: text.to_owned(),
            });
        }
    }

    /// What has been found, also a last one whose second line never came.
    pub(crate) fn finish(mut self) -> BTreeSet<Warning> {
        if let Some(text) = self.begun.take() {
            self.found.insert(Warning { file: None, text });
        }
        self.found
    }
}

/// The path of `place` (`PATH:LINE:COLUMN`) in the tree.
fn in_tree(place: &str, tree: &Path) -> String {
    let path = place.trim().split(':').next().unwrap_or_default();
    let tree = format!("{}/", tree.display());
    path.strip_prefix(&tree).unwrap_or(path).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(output: &str) -> Vec<(Option<String>, String)> {
        let mut reader = Reader::default();
        for line in output.lines() {
            reader.read(line, Path::new("/tree"));
        }
        let found = reader.finish().into_iter();
        found.map(|warning| (warning.file, warning.text)).collect()
    }

    #[test]
    fn warnings_of_all_compilers_are_read() {
        let file = |name: &str| Some(name.to_owned());
        for (output, name, text) in [
            (
                "/tree/drivers/a.c:12:3: warning: unused variable 'a' [-Wunused-variable]",
                file("drivers/a.c"),
                "unused variable 'a' [-Wunused-variable]",
            ),
            (
                "warning: unused variable: `a`\n  --> /tree/drivers/a.rs:1:2\n   |",
                file("drivers/a.rs"),
                "unused variable: `a`",
            ),
            (
                "vmlinux.o: warning: objtool: f+0x1: no ENDBR",
                file("vmlinux.o"),
                "objtool: f+0x1: no ENDBR",
            ),
            (
                "WARNING: modpost: missing MODULE_DESCRIPTION() in a.o",
                None,
                "modpost: missing MODULE_DESCRIPTION() in a.o",
            ),
            (
                "Warning: drivers/a.c:7 function parameter 'x' not described in 'f'",
                file("drivers/a.c"),
                "function parameter 'x' not described in 'f'",
            ),
            ("warning: the end", None, "the end"),
        ] {
            assert_eq!(found(output), [(name, text.to_owned())], "{output}");
        }
    }

    #[test]
    fn nothing_else_is_taken_for_one() {
        assert_eq!(
            found(&format!(".mailmap: warning: {OF_THE_REPOSITORY}")),
            []
        );
        assert_eq!(
            found("warning: 2 warnings emitted\n  CC      warning.o\nerror: no"),
            []
        );
    }
}
