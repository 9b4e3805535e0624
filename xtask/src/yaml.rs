// SPDX-License-Identifier: MIT OR Apache-2.0

//! The only place that knows which YAML library is used.

use std::fmt::Display;
use std::path::Path;
use std::str::FromStr;

use anyhow::{Context, Result, anyhow};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};

/// A value that stands in YAML as the text it is parsed from: a pattern, a step.
#[derive(Debug, Clone)]
pub(crate) struct Parsed<T>(pub(crate) T);

impl<'de, T: FromStr<Err: Display>> Deserialize<'de> for Parsed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self).map_err(|error: T::Err| {
            // Errors of patterns take several lines.
            let words = error.to_string();
            D::Error::custom(words.split_whitespace().collect::<Vec<_>>().join(" "))
        })
    }
}

/// Reads a YAML file into `T`.
///
/// An error names the file, the line and column, and what was expected there.
pub(crate) fn load<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_yaml::from_str(&text).map_err(|error| {
        let place = error
            .location()
            .map(|at| format!(":{}:{}", at.line(), at.column()))
            .unwrap_or_default();
        anyhow!("{}{place}: {error}", path.display())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        #[allow(dead_code, reason = "only its type matters")]
        cpus: u32,
    }

    fn error_of(text: &str) -> String {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let error = load::<Sample>(file.path()).unwrap_err();
        format!("{error:#}").replace(&file.path().display().to_string(), "FILE")
    }

    #[test]
    fn an_error_names_file_line_and_expectation() {
        let error = error_of("# a comment\ncpus: many\n");
        assert!(error.starts_with("FILE:2:7: "), "{error}");
        assert!(error.contains("expected u32"), "{error}");
        let error = error_of("cpus: 1\nmemroy: 2\n");
        assert!(error.starts_with("FILE:2:1: "), "{error}");
        assert!(
            error.contains("unknown field `memroy`, expected `cpus`"),
            "{error}"
        );
        let error = error_of("cpus: 1\n\tmemory: 2\n");
        assert!(error.starts_with("FILE:2:"), "{error}");
    }
}
