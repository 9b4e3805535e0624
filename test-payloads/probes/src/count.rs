// SPDX-License-Identifier: MIT OR Apache-2.0

//! Numbers of repetitions, which the scenario gives.

use std::env;
use std::error::Error;
use std::str::FromStr;

use anyhow::{Context, Result};

/// Reads what the scenario has under `name` in `counts`.
pub(crate) fn count<T: FromStr<Err: Error + Send + Sync + 'static>>(name: &str) -> Result<T> {
    let variable = format!("CN_COUNT_{}", name.to_uppercase().replace('-', "_"));
    let text = env::var(&variable).with_context(|| {
        format!("cannot read {variable}: add {name} to the scenario's `counts`")
    })?;
    text.parse()
        .with_context(|| format!("{variable} is {text}: set it to a number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_that_is_missing_is_named() {
        let error = count::<u32>("never-set").unwrap_err().to_string();
        let told = "cannot read CN_COUNT_NEVER_SET: add never-set to";
        assert!(error.starts_with(told), "{error}");
    }
}
