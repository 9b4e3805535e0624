// SPDX-License-Identifier: MIT OR Apache-2.0

//! What failed, as GitHub shows it beside the file that says what was to be: one line a failure, in
//! the form of a workflow command.

use std::env;
use std::path::Path;

use crate::run::Run;
use crate::transcript::Difference;

/// The annotations of what failed; empty where no workflow of GitHub's runs.
pub(crate) fn annotations(root: &Path, runs: &[Run], differences: &[Difference]) -> String {
    if env::var_os("GITHUB_ACTIONS").is_none() {
        return String::new();
    }
    let reasons = runs.iter().flat_map(|run| {
        let (file, name) = (&run.job.scenario.path, run.job.name());
        let reasons = run.verdict.reasons.iter();
        reasons.map(move |reason| line(root, Some(file), &name, &reason.what))
    });
    let differences = differences
        .iter()
        .map(|difference| line(root, None, "transcripts differ", &difference.what));
    reasons.chain(differences).collect()
}

/// A failure; `file` is below `root`, or is left out.
fn line(root: &Path, file: Option<&Path>, title: &str, message: &str) -> String {
    let file = file.and_then(|file| file.strip_prefix(root).ok());
    let place = file.map(|file| format!("file={},line=1,", property(&file.to_string_lossy())));
    format!(
        "::error {}title={}::{}\n",
        place.unwrap_or_default(),
        property(title),
        data(message)
    )
}

/// Text after the second `::`, where the end of a line would end the command.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Text in a property, where what parts the properties is not allowed either.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_annotation_names_the_file_below_the_root_and_is_one_line() {
        let root = Path::new("/project");
        let file = Path::new("/project/test-payloads/scenarios/a,b.yaml");
        assert_eq!(
            line(root, Some(file), "rust/a: b", "100 % lost:\nall, gone"),
            "::error file=test-payloads/scenarios/a%2Cb.yaml,line=1,title=rust/a%3A b::\
             100 %25 lost:%0Aall, gone\n"
        );
    }

    #[test]
    fn a_file_elsewhere_is_left_out() {
        let root = Path::new("/project");
        assert_eq!(
            line(root, Some(Path::new("/tmp/a.yaml")), "rust/a", "lost"),
            "::error title=rust/a::lost\n"
        );
    }
}
