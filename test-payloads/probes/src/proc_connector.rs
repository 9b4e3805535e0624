// SPDX-License-Identifier: MIT OR Apache-2.0

//! The table of registered ids that the kernel shows.

use std::fs;

use anyhow::{Context, Result};

/// Where the table is.
pub(crate) const PATH: &str = "/proc/net/connector";

/// The table when no module has registered an id.
pub(crate) const AT_REST: &str = "Name            ID\ncn_proc         1:1\n";

/// The table as it is now.
pub(crate) fn read() -> Result<String> {
    fs::read_to_string(PATH).with_context(|| format!("cannot read {PATH}"))
}
