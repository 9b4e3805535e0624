// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a kernel that checks itself needs more of than another.

use std::path::Path;

use anyhow::{Context, Result};

/// Options that make a kernel several times as slow.
const SLOW_OPTIONS: [&str; 4] = [
    "CONFIG_KASAN=y",
    "CONFIG_KCSAN=y",
    "CONFIG_PROVE_LOCKING=y",
    "CONFIG_DEBUG_KMEMLEAK=y",
];

/// Options that keep a record of every piece of memory.
const LARGE_OPTIONS: [&str; 2] = ["CONFIG_KASAN=y", "CONFIG_DEBUG_KMEMLEAK=y"];

const SLOW: u32 = 5;
const LARGE: u32 = 2;

/// How many times what a scenario asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Allowance {
    /// Of time.
    pub(crate) time: u32,
    /// Of memory.
    pub(crate) memory: u32,
}

impl Allowance {
    /// For the kernel whose `.config` is at `path`.
    pub(crate) fn of(path: &Path) -> Result<Self> {
        let config = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        Ok(Self::by(&config))
    }

    fn by(config: &str) -> Self {
        let has_one_of = |options: &[&str]| config.lines().any(|line| options.contains(&line));
        Self {
            time: if has_one_of(&SLOW_OPTIONS) { SLOW } else { 1 },
            memory: if has_one_of(&LARGE_OPTIONS) { LARGE } else { 1 },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_cost_time_and_memory() {
        let allowance = |config| {
            let Allowance { time, memory } = Allowance::by(config);
            (time, memory)
        };
        assert_eq!(
            allowance("CONFIG_SMP=y\n# CONFIG_KASAN is not set\n"),
            (1, 1)
        );
        assert_eq!(allowance("CONFIG_KASAN=y\n"), (SLOW, LARGE));
        assert_eq!(allowance("CONFIG_PROVE_LOCKING=y\n"), (SLOW, 1));
    }
}
