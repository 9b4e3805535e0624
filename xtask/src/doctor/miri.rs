// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the doctor says of Miri, which only rustup brings.

use super::finding::{Finding, Remedy};
use super::installer::{Installer, MIRI_COMPONENTS};
use crate::ask::ask;
use crate::toolchain::{MIRI_PIN, which};

/// Says whether the pinned toolchain is there, with what Miri needs.
pub(crate) fn finding() -> Finding {
    let arguments = ["component", "list", "--installed", "--toolchain", MIRI_PIN];
    let listed = ask("rustup", &arguments).ok();
    of(listed.as_deref(), which("rustup").is_some())
}

/// From what rustup lists, a component a line; none if it does not know the toolchain.
fn of(listed: Option<&str>, has_rustup: bool) -> Finding {
    let is_there = |name: &&str| {
        listed
            .unwrap_or_default()
            .lines()
            .any(|line| line.starts_with(name))
    };
    let fit = MIRI_COMPONENTS.iter().all(is_there);
    Finding {
        // The name says what to do where there is no rustup either.
        name: match fit || has_rustup {
            true => "Miri".to_owned(),
            false => format!("Miri (from rustup, with its toolchain {MIRI_PIN})"),
        },
        found: match listed {
            Some(_) if fit => Some(MIRI_PIN.to_owned()),
            Some(_) => Some(format!(
                "{MIRI_PIN} without {}",
                MIRI_COMPONENTS.join(" or ")
            )),
            None => None,
        },
        minimum: None,
        fit,
        remedy: Remedy {
            packages: Vec::new(),
            otherwise: has_rustup.then_some(Installer::Rustup),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn miri_needs_the_library_sources_too() {
        let whole = "cargo-x86_64-unknown-linux-gnu\nmiri-x86_64-unknown-linux-gnu\nrust-src";
        assert!(of(Some(whole), true).fit);
        let without = of(Some("miri-x86_64-unknown-linux-gnu"), true);
        assert!(!without.fit);
        assert_eq!(without.remedy.otherwise, Some(Installer::Rustup));
    }

    #[test]
    fn without_rustup_one_is_told_of_it() {
        let finding = of(None, false);
        assert!(!finding.fit && finding.name.contains("rustup"));
        assert_eq!(finding.remedy.otherwise, None);
    }
}
