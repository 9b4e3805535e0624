// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the doctor says of one thing that a host needs.

use super::installer::Installer;
use crate::version::Version;

/// One thing, whether it is there, and how to get it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// What it is called.
    pub(crate) name: String,
    /// What is there, with its version; of use or not.
    pub(crate) found: Option<String>,
    /// The oldest version that will do, where that is known.
    pub(crate) minimum: Option<Version>,
    /// Whether what is there will do.
    pub(crate) fit: bool,
    /// How to get it.
    pub(crate) remedy: Remedy,
}

/// How to get something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Remedy {
    /// Groups of packages of which any one will do, the best first. The first package of a group
    /// has the version that must be new enough.
    pub(crate) packages: Vec<Vec<String>>,
    /// What brings it instead.
    pub(crate) otherwise: Option<Installer>,
}

impl Remedy {
    /// The packages of one group.
    pub(crate) fn packages(names: &[&str]) -> Self {
        Self::any_of(vec![names.iter().map(|name| (*name).to_owned()).collect()])
    }

    /// Any one of these groups.
    pub(crate) fn any_of(packages: Vec<Vec<String>>) -> Self {
        Self {
            packages,
            otherwise: None,
        }
    }
}

impl Finding {
    /// A line of a table: state, name, what is there, what is wanted.
    pub(crate) fn line(&self) -> String {
        let state = if self.fit { "ok" } else { "MISSING" };
        let found = self.found.as_deref().unwrap_or("not found");
        let minimum = match self.minimum {
            Some(minimum) => format!(" (at least {minimum})"),
            None => String::new(),
        };
        format!("{state:8}{:20}{found}{minimum}", self.name)
    }
}
