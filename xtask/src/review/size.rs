// SPDX-License-Identifier: MIT OR Apache-2.0

//! A series is no longer than netdev takes.

use anyhow::Result;

use super::finding::Finding;
use super::subject::Subject;

/// After Documentation/process/maintainer-netdev.rst.
const MOST: usize = 15;

/// The series that are too long.
pub(crate) fn check(subject: &Subject) -> Result<Vec<Finding>> {
    let long = subject.series.iter().filter(|s| s.patches.len() > MOST);
    let found = long.map(|series| {
        let count = series.patches.len();
        Finding::of_all(
            series,
            format!("has {count} patches, and netdev takes {MOST} at a time; split the series"),
        )
    });
    Ok(found.collect())
}

#[cfg(test)]
mod tests {
    use super::super::patch::Patch;
    use super::super::subject::tests::subject;
    use super::*;

    #[test]
    fn the_sixteenth_patch_is_one_too_many() {
        let of = |count| check(&subject("net", vec![Patch::default(); count])).unwrap();
        assert_eq!(of(MOST), []);
        assert!(of(MOST + 1)[0].what.contains("16 patches"));
    }
}
