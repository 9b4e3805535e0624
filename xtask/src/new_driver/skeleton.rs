// SPDX-License-Identifier: MIT OR Apache-2.0

//! The driver `skeleton`, which runs in the guest as every other, under another name.

use super::File;

/// What the files are called after, and where, below `test-payloads`.
const NAME: &str = "skeleton";
/// As its files have it.
const IDX: &str = "0x17";

/// The path and the content of a file.
macro_rules! file {
    ($path:literal) => {
        (
            $path,
            include_str!(concat!("../../../test-payloads/", $path)),
        )
    };
}

const FILES: [(&str, &str); 4] = [
    file!("modules/skeleton/Kbuild"),
    file!("modules/skeleton/skeleton.rs"),
    file!("probes/src/groups/skeleton.rs"),
    file!("scenarios/skeleton.yaml"),
];

/// The skeleton's files with another name, as a module and as a type, and another id.
pub(super) fn copy(name: &str, idx: u32) -> Vec<File> {
    let renamed = |text: &str| {
        text.replace(NAME, name)
            .replace(&type_name(NAME), &type_name(name))
            .replace(IDX, &format!("{idx:#x}"))
    };
    let file = |(path, content)| File {
        path: renamed(path),
        content: renamed(content),
    };
    FILES.map(file).into()
}

/// `SnakeCase` of `snake_case`.
fn type_name(name: &str) -> String {
    let word = |word: &str| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_ascii_uppercase() + rest
    };
    name.split('_').map(word).collect()
}
