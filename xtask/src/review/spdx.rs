// SPDX-License-Identifier: MIT OR Apache-2.0

//! The licence that a file names is one that the kernel knows. (That a new file names one at all
//! is seen by checkpatch.)

use anyhow::Result;

use super::finding::Finding;
use super::subject::Subject;
use crate::script::{report, script};

/// What the kernel's spdxcheck says of the touched files.
pub(crate) fn check(subject: &Subject) -> Result<Vec<Finding>> {
    let mut found = Vec::new();
    for series in &subject.series {
        let files = series.patches.iter().flat_map(|patch| &patch.files);
        let mut paths: Vec<_> = files.map(|file| file.path.as_str()).collect();
        paths.retain(|path| subject.git.dir().join(path).is_file());
        paths.sort_unstable();
        paths.dedup();
        if paths.is_empty() {
            continue;
        }
        let mut command = script(&subject.git, "scripts/spdxcheck.py");
        // It reads the licences that there are from the commit.
        command.env_remove("GIT_DIR").args(&paths);
        let output = report(&mut command)?;
        found.extend(output.lines().map(|line| Finding::of_all(series, line)));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::super::subject::tests::real;

    #[test]
    fn a_licence_that_the_kernel_does_not_know_is_found() {
        let found = real(super::check, "drivers/connector/new.c", |line| match line {
            "bad" => "// SPDX-License-Identifier: WTFPL\n",
            _ => "// SPDX-License-Identifier: GPL-2.0-only\n",
        });
        assert!(found.bad[0].contains("WTFPL"), "{found:?}");
        assert_eq!(found.good, [""; 0]);
    }
}
