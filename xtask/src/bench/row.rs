// SPDX-License-Identifier: MIT OR Apache-2.0

//! What an operation is called.

use std::fmt;
use std::str::FromStr;

use anyhow::{Error, Result, ensure};

/// What the rows begin with that say what measuring itself costs.
pub(super) const MEASURING: &str = "measuring: ";

/// An operation, and with how many of what it was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    /// For example `dispatch`.
    pub(super) operation: String,
    /// For example 16 and `ids`.
    pub(super) size: Option<(u32, String)>,
}

impl FromStr for Row {
    type Err = Error;

    /// `OPERATION` or `OPERATION/COUNT WHAT`.
    fn from_str(text: &str) -> Result<Self> {
        let (operation, size) = match text.split_once('/') {
            None => (text, None),
            Some((operation, size)) => (operation, Some(size)),
        };
        let size = size.map(|size| {
            let (count, what) = size.split_once(' ')?;
            Some((count.parse().ok()?, what.to_owned()))
        });
        ensure!(size != Some(None), "`{text}`: not a count of something");
        Ok(Self {
            operation: operation.to_owned(),
            size: size.flatten(),
        })
    }
}

impl Row {
    /// As it is parsed.
    pub(super) fn key(&self) -> String {
        match &self.size {
            None => self.operation.clone(),
            Some((count, what)) => format!("{}/{count} {what}", self.operation),
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.size {
            None => f.write_str(&self.operation),
            Some((1, what)) => write!(f, "{}, 1 {}", self.operation, what.trim_end_matches('s')),
            Some((count, what)) => write!(f, "{}, {count} {what}", self.operation),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_an_operation_with_or_without_a_size() {
        let row: Row = "multicast/8 listeners".parse().unwrap();
        assert_eq!(row.size, Some((8, "listeners".to_owned())));
        assert_eq!(row.to_string(), "multicast, 8 listeners");
        assert_eq!(row.key(), "multicast/8 listeners");
        assert_eq!("bare echo".parse::<Row>().unwrap().size, None);
        for wrong in ["add/ids", "add/many ids", "add/"] {
            let error = wrong.parse::<Row>().unwrap_err().to_string();
            assert!(error.contains("not a count"), "{error}");
        }
    }
}
