// SPDX-License-Identifier: MIT OR Apache-2.0

//! Versions of host tools, as far as comparing them goes.

use std::fmt;

/// The first three numbers of a version: `22.1.8`, `4.0` (= `4.0.0`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version([u32; 3]);

impl Version {
    /// A version known when this is written.
    pub(crate) const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self([major, minor, patch])
    }

    /// The first word of `text` that looks like a version, for example of what
    /// `TOOL --version` prints: digits, a point, digits.
    pub(crate) fn find(text: &str) -> Option<Self> {
        text.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | ','))
            .find_map(Self::parse)
    }

    /// A word that begins with a version, perhaps after a `v` or a letter prefix such as Debian's
    /// epoch (`1:22.1.8-1`).
    fn parse(word: &str) -> Option<Self> {
        let word = word.rsplit(':').next()?.trim_start_matches('v');
        let mut parts = word
            .split(|c: char| !c.is_ascii_digit() && c != '.')
            .next()?
            .split('.');
        let major = parts.next()?.parse().ok()?;
        let minor = parts.next()?.parse().ok()?;
        let patch = parts.next().and_then(|part| part.parse().ok()).unwrap_or(0);
        Some(Self([major, minor, patch]))
    }

    /// The first number.
    pub(crate) fn major(self) -> u32 {
        self.0[0]
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.0;
        write!(f, "{major}.{minor}.{patch}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_what_tools_print() {
        let of = |text| Version::find(text).unwrap();
        assert_eq!(of("GNU Make 4.3\nBuilt for x"), Version::new(4, 3, 0));
        assert_eq!(
            of("Debian clang version 22.1.8 (1~deb12u1)"),
            Version::new(22, 1, 8)
        );
        assert_eq!(
            of("QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)"),
            Version::new(7, 2, 22)
        );
        assert_eq!(
            of("  Candidate: 1:22.1.8-1~deb12u1"),
            Version::new(22, 1, 8)
        );
        assert_eq!(of("bindgen 0.73.2"), Version::new(0, 73, 2));
        assert_eq!(Version::find("no number, 12 only"), None);
        assert!(Version::new(0, 60, 1) < Version::new(0, 71, 1));
    }
}
