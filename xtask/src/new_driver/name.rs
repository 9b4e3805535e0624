// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a driver may be called.

use anyhow::{Result, ensure};

/// As much of a name as the connector shows.
const LENGTH: usize = 31;

/// The crates that a module in Rust is linked to, what else is called so in its build or in that of
/// the probes, and what `probes` takes for something else than a group of tests.
const TAKEN: [&str; 19] = [
    "alloc",
    "anyhow",
    "bindings",
    "build_error",
    "compiler_builtins",
    "connector",
    "core",
    "ffi",
    "kernel",
    "kunit",
    "list",
    "macros",
    "nix",
    "pin_init",
    "role",
    "std",
    "test",
    "uapi",
    "zerocopy",
];

/// The words that Rust has for itself.
const WORDS: [&str; 52] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate",
    "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl",
    "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref",
    "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "union", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Refuses what cannot be the name of a module, for the kernel and for Rust.
pub(super) fn check(name: &str) -> Result<()> {
    let is_good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    ensure!(
        name.starts_with(|first: char| first.is_ascii_lowercase()) && name.bytes().all(is_good),
        "`{name}` cannot be a driver's name: it begins with a letter of a-z, and goes on with \
         a-z, 0-9 and _"
    );
    ensure!(
        name.len() <= LENGTH,
        "`{name}` is too long: the connector shows {LENGTH} letters of a name"
    );
    ensure!(
        !WORDS.contains(&name),
        "`{name}` is a word of Rust's own; take another name"
    );
    ensure!(
        !TAKEN.contains(&name),
        "`{name}` is something else in the build of drivers or of their tests; take another name"
    );
    Ok(())
}
