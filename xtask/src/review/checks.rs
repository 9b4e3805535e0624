// SPDX-License-Identifier: MIT OR Apache-2.0

//! Everything that is looked at.

use anyhow::{Context, Result};

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
    quick(
        "applies",
        "every patch applies to the untouched sources",
        applies::check,
    ),
    quick("size", "no series is too long", size::check),
    quick(
        "cover",
        "a cover letter that is about these patches",
        cover::check,
    ),
    quick("message", "subjects and bodies of messages", message::check),
    quick(
        "fixes-tag",
        "repairs name what they repair",
        fixes_tag::check,
    ),
    quick(
        "sign-off",
        "one author, and nobody signed for anybody",
        sign_off::check,
    ),
    quick("fix-up", "no patch repairs an earlier one", fix_up::check),
    quick(
        "maintainers",
        "somebody looks after every file",
        maintainers::check,
    ),
    quick("spdx", "licences that the kernel knows", spdx::check),
    quick(
        "rustfmt",
        "Rust is formatted after every patch",
        rustfmt::check,
    ),
    quick(
        "checkpatch",
        "checkpatch --strict has no objection",
        checkpatch::check,
    ),
    quick(
        "kernel-doc",
        "nothing new in the comments of C",
        kernel_doc::check,
    ),
    build(
        "c",
        "every patch builds without a new warning, in C",
        builds::c,
    ),
    build("rust", "and with Rust", builds::rust),
    build("sparse", "nothing new in the files in C", sparse::check),
    build("clippy", "nothing in the files in Rust", clippy::check),
    build("rustdoc", "documentation without a warning", rustdoc::check),
    build("htmldocs", "documents without a warning", htmldocs::check),
    guest(
        "boots",
        "the connector is spoken to in a guest",
        guests::boots,
    ),
    guest("kunit", "the kernel's own unit tests pass", guests::kunit),
];

type Run = fn(&Subject) -> Result<Vec<Finding>>;

const fn quick(name: &'static str, about: &'static str, run: Run) -> Check {
    let needs = Needs::Scripts;
    Check {
        name,
        about,
        needs,
        run,
    }
}

const fn build(name: &'static str, about: &'static str, run: Run) -> Check {
    let needs = Needs::Builds;
    Check {
        name,
        about,
        needs,
        run,
    }
}

const fn guest(name: &'static str, about: &'static str, run: Run) -> Check {
    let needs = Needs::Guests;
    Check {
        name,
        about,
        needs,
        run,
    }
}

/// The checks of these names, in this order; all of them (or the quick ones) if none is named.
pub(crate) fn selected(only: &[String], is_quick: bool) -> Result<Vec<&'static Check>> {
    if only.is_empty() {
        let wanted = |check: &&Check| !is_quick || check.needs == Needs::Scripts;
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
        let Err(error) = selected(&["checkpach".to_owned()], false) else {
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
        let names = |only: &[String], quick| -> Vec<_> {
            let checks = selected(only, quick).unwrap().into_iter();
            checks.map(|check| check.name).collect()
        };
        assert!(names(&[], true).contains(&"checkpatch"));
        assert!(!names(&[], true).contains(&"rustdoc"));
        assert!(names(&[], false).contains(&"rustdoc"));
        assert_eq!(names(&["rustdoc".to_owned()], true), ["rustdoc"]);
    }
}
