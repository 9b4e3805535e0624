// SPDX-License-Identifier: MIT OR Apache-2.0

//! Sphinx makes pages of the touched documents without a warning.

use std::collections::BTreeSet;

use anyhow::Result;

use super::finding::Finding;
use super::subject::Subject;
use super::workshop::Workshop;

/// Where documents are.
const DOCUMENTS: &str = "Documentation/";

/// What `make htmldocs` says of the folders of touched documents after the last patch.
pub(crate) fn check(subject: &Subject) -> Result<Vec<Finding>> {
    let folders = folders(&subject.touched());
    if folders.is_empty() {
        return Ok(Vec::new());
    }
    let workshop = Workshop::open(subject, "review-rust")?;
    let only = format!(
        "SPHINXDIRS={}",
        folders.into_iter().collect::<Vec<_>>().join(" ")
    );
    // Documentation/Makefile takes the program of that name for options of its own.
    let targets = [&only, "RUSTDOC=", "htmldocs"];
    let warnings = workshop.make(&subject.tip()?, &targets)?;
    Ok(subject.about_touched("htmldocs", &warnings))
}

/// The folders of documents in which something is touched, as `SPHINXDIRS` names them.
fn folders<'a>(touched: &BTreeSet<&'a str>) -> BTreeSet<&'a str> {
    let documents = touched.iter().filter(|path| path.ends_with(".rst"));
    documents
        .filter_map(|path| path.strip_prefix(DOCUMENTS)?.split_once('/'))
        .map(|(folder, _)| folder)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_named_once_and_only_those_of_documents() {
        let touched = [
            "Documentation/driver-api/connector.rst",
            "Documentation/driver-api/index.rst",
            "Documentation/process/changes.txt",
            "drivers/a.rst",
        ];
        assert_eq!(folders(&touched.into()), ["driver-api"].into());
    }
}
