// SPDX-License-Identifier: MIT OR Apache-2.0

//! The list of the groups of tests, which a new one is added to.

use anyhow::{Context, Result};

/// The file with the list, below `test-payloads`.
pub(super) const PATH: &str = "probes/src/groups/mod.rs";

/// Gives the file with the group `name` added: the module at its place in the alphabet, and the
/// group as the last one that is run.
pub(super) fn add(list: &str, name: &str) -> Result<String> {
    let new = format!("mod {name};");
    let mut lines: Vec<&str> = list.lines().collect();
    let module = |line: &&str| Some(line.strip_prefix("mod ")?.strip_suffix(';')?.to_owned());
    let first = lines.iter().position(|line| module(line).is_some());
    let first = first.context("no line `mod …;`")?;
    let is_behind = |line: &&str| module(line).is_none_or(|other| *other > *name);
    let place = lines[first..].iter().position(is_behind);
    lines.insert(place.map_or(lines.len(), |place| first + place), &new);
    let end = lines.iter().rposition(|line| *line == "];");
    let group = format!("    {name}::GROUP,");
    lines.insert(end.context("no line `];`")?, &group);
    Ok(lines.join("\n") + "\n")
}
