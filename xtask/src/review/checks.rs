// SPDX-License-Identifier: MIT OR Apache-2.0

//! Everything that is looked at.

use anyhow::{Context, Result};

use Needs::{Builds, Guests, Scripts};

use super::finding::Finding;
use super::subject::Subject;
use super::{
    applies, builds, checkpatch, clippy, cover, fix_up, fixes_tag, guests, htmldocs, kernel_doc,
    maintainers, message, rustdoc, rustfmt, sign_off, size, sparse, spdx,
};

/// Something that is looked at.
pub(crate) struct Check {
    /// What it is called on the command line.
    pub(crate) name: &'static str,
    /// What must be, in a few words.
    pub(crate) about: &'static str,
    /// What it takes.
    pub(crate) needs: Needs,
    /// Gives what it finds.
    pub(crate) run: fn(&Subject) -> Result<Vec<Finding>>,
}

/// What a check takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Needs {
    /// The sources and scripts: seconds.
    Scripts,
    /// Builds: minutes.
    Builds,
    /// Kernels that boot, which another `cargo xtask` builds.
    Guests,
}

/// In this order: what the others build on comes first, and what is slow last.
pub(crate) const CHECKS: &[Check] = &[
    check(
        Scripts,
        "applies",
        "every patch applies to the untouched sources",
        applies::check,
    ),
    check(Scripts, "size", "no series is too long", size::check),
    check(
        Scripts,
        "cover",
        "a cover letter that is about these patches",
        cover::check,
    ),
    check(
        Scripts,
        "message",
        "subjects and bodies of messages",
        message::check,
    ),
    check(
        Scripts,
        "fixes-tag",
        "repairs name what they repair",
        fixes_tag::check,
    ),
    check(
        Scripts,
        "sign-off",
        "one author, and nobody signed for anybody",
        sign_off::check,
    ),
    check(
        Scripts,
        "fix-up",
        "no patch repairs an earlier one",
        fix_up::check,
    ),
    check(
        Scripts,
        "maintainers",
        "somebody looks after every file",
        maintainers::check,
    ),
    check(
        Scripts,
        "spdx",
        "licences that the kernel knows",
        spdx::check,
    ),
    check(
        Scripts,
        "rustfmt",
        "Rust is formatted after every patch",
        rustfmt::check,
    ),
    check(
        Scripts,
        "checkpatch",
        "checkpatch --strict has no objection",
        checkpatch::check,
    ),
    check(
        Scripts,
        "kernel-doc",
        "nothing new in the comments of C",
        kernel_doc::check,
    ),
    check(
        Builds,
        "c",
        "every patch builds without a new warning, in C",
        builds::c,
    ),
    check(Builds, "rust", "and with Rust", builds::rust),
    check(
        Builds,
        "sparse",
        "nothing new in the files in C",
        sparse::check,
    ),
    check(
        Builds,
        "clippy",
        "nothing in the files in Rust",
        clippy::check,
    ),
    check(
        Builds,
        "rustdoc",
        "documentation without a warning",
        rustdoc::check,
    ),
    check(
        Builds,
        "htmldocs",
        "documents without a warning",
        htmldocs::check,
    ),
    check(
        Guests,
        "boots",
        "the connector is spoken to in a guest",
        guests::boots,
    ),
    check(
        Guests,
        "kunit",
        "the kernel's own unit tests pass",
        guests::kunit,
    ),
    check(
        Guests,
        "architectures",
        "both, on ARM, RISC-V and IBM Z",
        guests::architectures,
    ),
];

type Run = fn(&Subject) -> Result<Vec<Finding>>;

const fn check(needs: Needs, name: &'static str, about: &'static str, run: Run) -> Check {
    Check {
        name,
        about,
        needs,
        run,
    }
}

/// The checks of these names, in this order; if none is named, all of them that need no more than
/// `most`.
pub(crate) fn selected(only: &[String], most: Needs) -> Result<Vec<&'static Check>> {
    if only.is_empty() {
        let wanted = |check: &&Check| check.needs <= most;
        return Ok(CHECKS.iter().filter(wanted).collect());
    }
    let find = |name: &String| {
        let found = CHECKS.iter().find(|check| check.name == name);
        found.with_context(|| {
            let names: Vec<_> = CHECKS.iter().map(|check| check.name).collect();
            format!("there is no check {name}; there are {}", names.join(", "))
        })
    };
    only.iter().map(find).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_check_is_named_with_those_that_exist() {
        let Err(error) = selected(&["checkpach".to_owned()], Guests) else {
            panic!("checkpach was found")
        };
        let error = error.to_string();
        assert!(
            error.starts_with("there is no check checkpach; there are applies, "),
            "{error}"
        );
    }

    #[test]
    fn what_is_slow_is_left_out_unless_it_is_named() {
        let names = |only: &[String], most| -> Vec<_> {
            let checks = selected(only, most).unwrap().into_iter();
            checks.map(|check| check.name).collect()
        };
        assert!(names(&[], Scripts).contains(&"checkpatch"));
        assert!(!names(&[], Scripts).contains(&"rustdoc"));
        assert!(names(&[], Builds).contains(&"rustdoc"));
        assert!(!names(&[], Builds).contains(&"boots"));
        assert!(names(&[], Guests).contains(&"boots"));
        assert_eq!(names(&["rustdoc".to_owned()], Scripts), ["rustdoc"]);
    }
}
