// SPDX-License-Identifier: MIT OR Apache-2.0

//! The kernel's checkpatch finds nothing, also nothing small.

use anyhow::Result;

use super::finding::Finding;
use super::patch::Patch;
use super::subject::{Series, Subject};
use crate::script::{on_all, report, script};

/// What it cannot know, or others of these checks ask better: whether a commit exists, in a tree
/// without history; and whether MAINTAINERS has an added file already.
const NOT_ITS: &str = "UNKNOWN_COMMIT_ID,FILE_PATH_CHANGES";

/// What `checkpatch.pl --strict` says of each patch.
pub(crate) fn check(subject: &Subject) -> Result<Vec<Finding>> {
    let patches: Vec<_> = subject.patches().collect();
    let found = on_all(&patches, |(series, patch, _)| {
        of_patch(subject, series, patch)
    })?;
    Ok(found.concat())
}

fn of_patch(subject: &Subject, series: &Series, patch: &Patch) -> Result<Vec<Finding>> {
    let mut command = script(&subject.git, "scripts/checkpatch.pl");
    command
        .args(["--strict", "--no-signoff", "--terse", "--no-summary"])
        .args(["--show-types", "--ignore", NOT_ITS])
        .arg(&patch.path);
    let output = report(&mut command)?;
    let place = format!("{}:", patch.path.display());
    let said = output.lines().filter_map(|line| line.strip_prefix(&place));
    Ok(said
        .map(|what| Finding::of(series, patch, format!("line {what}")))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::super::subject::tests::real;

    #[test]
    fn bad_style_is_found_and_good_is_not() {
        let found = real(super::check, "drivers/connector/new.c", |line| match line {
            "bad" => "// SPDX-License-Identifier: GPL-2.0\nstatic int  a=1 ;\n",
            _ => "// SPDX-License-Identifier: GPL-2.0\nstatic int a = 1;\n",
        });
        assert!(
            found.bad.iter().any(|what| what.contains("SPACING")),
            "{found:?}"
        );
        assert_eq!(found.good, [""; 0]);
    }
}
