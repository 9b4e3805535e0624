// SPDX-License-Identifier: MIT OR Apache-2.0

//! Which id a driver gets.

use std::collections::BTreeSet;
use std::fs;
use std::ops::RangeInclusive;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use regex::Regex;

/// From the first number that `include/uapi/linux/connector.h` does not assign to the last that has
/// a group.
const FREE: RangeInclusive<u32> = 0xb..=0x1a;

/// What the sample drivers of the kernel use: `samples/connector` and `samples/rust`.
const SAMPLES: [u32; 3] = [0xe, 0x15, 0x16];

/// Reads a number of the command line, `23` or `0x17`.
pub(super) fn parse(text: &str) -> Result<u32> {
    let number = match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => text.parse(),
    };
    let number = number.with_context(|| format!("`{text}` is not a number"))?;
    let (first, last) = (FREE.start(), FREE.end());
    ensure!(
        FREE.contains(&number),
        "numbers below {first:#x} are assigned to others, and above {last:#x} there are no groups"
    );
    Ok(number)
}

/// The number that is wanted, or one that no driver in the folder `modules` has; the highest first,
/// because the low ones are the next to be assigned.
pub(super) fn choose(modules: &Path, wanted: Option<u32>) -> Result<u32> {
    let taken = taken(modules)?;
    match wanted {
        Some(idx) if taken.contains(&idx) => {
            bail!("the idx {idx:#x} is another driver's; take another, or leave out --idx")
        }
        Some(idx) => Ok(idx),
        None => FREE
            .rev()
            .find(|idx| !taken.contains(idx))
            .context("no idx is free; remove a driver from test-payloads/modules"),
    }
}

/// The numbers of the samples and of the drivers in Rust; those in C take theirs when they run.
fn taken(modules: &Path) -> Result<BTreeSet<u32>> {
    let pattern = Regex::new(r"\bidx: (0x[0-9a-f]+|[0-9]+)").context("the pattern of an id")?;
    let mut taken = BTreeSet::from(SAMPLES);
    let cannot = || format!("cannot read {}", modules.display());
    for folder in fs::read_dir(modules).with_context(cannot)? {
        let folder = folder.with_context(cannot)?.path();
        if !folder.is_dir() {
            continue;
        }
        for file in fs::read_dir(folder).with_context(cannot)? {
            let path = file.with_context(cannot)?.path();
            if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(path).with_context(cannot)?;
                let numbers = pattern.captures_iter(&text);
                taken.extend(numbers.filter_map(|number| parse(&number[1]).ok()));
            }
        }
    }
    Ok(taken)
}
