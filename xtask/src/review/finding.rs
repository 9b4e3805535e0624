// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a check finds.

use std::fmt;

use super::patch::Patch;
use super::subject::Series;

/// Something that a maintainer would send back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The folder of the series, for example `fixes`.
    pub(crate) series: String,
    /// Where in it, for example `0007-connector-Tell.patch`; nothing if it is about all of it.
    pub(crate) place: Option<String>,
    /// What, in one line that says what to do.
    pub(crate) what: String,
    /// Lines that show it.
    pub(crate) excerpt: Vec<String>,
}

impl Finding {
    /// About a patch.
    pub(crate) fn of(series: &Series, patch: &Patch, what: impl Into<String>) -> Self {
        Self {
            series: series.name.clone(),
            place: Some(patch.name()),
            what: what.into(),
            excerpt: Vec::new(),
        }
    }

    /// About a whole series.
    pub(crate) fn of_all(series: &Series, what: impl Into<String>) -> Self {
        Self {
            series: series.name.clone(),
            place: None,
            what: what.into(),
            excerpt: Vec::new(),
        }
    }

    /// The same with lines that show it.
    pub(crate) fn showing(mut self, excerpt: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.excerpt = excerpt.into_iter().map(Into::into).collect();
        self
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{}/{place}: {}", self.series, self.what),
            None => write!(f, "{}: {}", self.series, self.what),
        }
    }
}
