// SPDX-License-Identifier: MIT OR Apache-2.0

//! kernel-doc finds nothing new in the comments of the touched files in C.

use std::collections::BTreeSet;

use anyhow::Result;

use super::finding::Finding;
use super::subject::Subject;
use super::warnings::{Reader, Warning};
use crate::process;
use crate::script::script;

/// What it says after the last patch and not before the first.
pub(crate) fn check(subject: &Subject) -> Result<Vec<Finding>> {
    let before = of(subject, &subject.base()?)?;
    let after = of(subject, &subject.tip()?)?;
    let new = after.difference(&before).cloned().collect();
    Ok(subject.about_touched("kernel-doc", &new))
}

fn of(subject: &Subject, commit: &str) -> Result<BTreeSet<Warning>> {
    let git = &subject.git;
    git.run(&["checkout", "--quiet", "--force", "--detach", commit])?;
    let mut files = subject.touched();
    files.retain(|path| path.ends_with(".c") || path.ends_with(".h"));
    files.retain(|path| git.dir().join(path).is_file());
    let mut reader = Reader::default();
    if !files.is_empty() {
        let mut command = script(git, "scripts/kernel-doc");
        command.args(["-none", "-Wall"]).args(files);
        let (_, _, errors) = process::collect(&mut command)?;
        errors.lines().for_each(|line| reader.read(line, git.dir()));
    }
    Ok(reader.finish())
}

#[cfg(test)]
mod tests {
    use super::super::subject::tests::real;

    #[test]
    fn a_parameter_that_is_not_described_is_found() {
        let found = real(super::check, "include/linux/new.h", |line| match line {
            "bad" => "/**\n * f() - does it\n * @a: first\n */\nvoid f(int a, int b);\n",
            _ => "/**\n * f() - does it\n * @a: first\n */\nvoid f(int a);\n",
        });
        assert!(
            found
                .bad
                .iter()
                .any(|what| what.contains("'b' not described")),
            "{found:?}"
        );
        assert_eq!(found.good, [""; 0]);
    }
}
