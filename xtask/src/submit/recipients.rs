// SPDX-License-Identifier: MIT OR Apache-2.0

//! Who gets a patch: whom the kernel's get_maintainer names.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;

use crate::git::Git;
use crate::script::{report, script};

/// Addresses as they stand in a mail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Recipients {
    /// Those who look after what is changed.
    pub(crate) to: BTreeSet<String>,
    /// Reviewers and lists.
    pub(crate) cc: BTreeSet<String>,
}

impl Recipients {
    /// Those of the patch in the file `path`, by the MAINTAINERS of what is checked out.
    pub(crate) fn of(git: &Git, path: &Path) -> Result<Self> {
        let mut command = script(git, "scripts/get_maintainer.pl");
        command
            .args(["--no-git", "--no-git-fallback", "--rolestats"])
            .arg(path);
        Ok(Self::read(&report(&mut command)?))
    }

    /// Reads lines such as `A. Name <a@b> (maintainer:X)` and `list@b (open list:X)`.
    fn read(output: &str) -> Self {
        let mut found = Self::default();
        for line in output.lines() {
            let (address, role) = line.rsplit_once(" (").unwrap_or((line, ""));
            let address = encoded(address.trim());
            let looks_after = ["maintainer:", "supporter:"]
                .iter()
                .any(|word| role.contains(word));
            match looks_after {
                true => found.to.insert(address),
                false => found.cc.insert(address),
            };
        }
        found
    }

    /// Adds those of another patch: a cover letter goes to everybody.
    pub(crate) fn extend(&mut self, other: &Self) {
        self.to.extend(other.to.iter().cloned());
        self.cc.extend(other.cc.iter().cloned());
        let to = &self.to;
        self.cc.retain(|address| !to.contains(address));
    }

    /// Without anybody who looks after it, a patch goes to those who get the series.
    pub(crate) fn or_those_of(&mut self, series: &Self) {
        if self.to.is_empty() {
            self.extend(series);
        }
    }

    /// The headers of a mail, an address a line.
    pub(crate) fn headers(&self) -> String {
        let header = |name: &str, all: &BTreeSet<String>| match all.is_empty() {
            true => String::new(),
            false => {
                let all: Vec<_> = all.iter().map(String::as_str).collect();
                format!("{name}: {}\n", all.join(",\n    "))
            }
        };
        // A mail must go to somebody: where nobody looks after it, to those who hear of it.
        match self.to.is_empty() {
            true => header("To", &self.cc),
            false => header("To", &self.to) + &header("Cc", &self.cc),
        }
    }
}

/// An address whose name mail can carry (RFC 2047) if it has other letters than ASCII's.
fn encoded(address: &str) -> String {
    let Some((name, place)) = address.rsplit_once(" <") else {
        return address.to_owned();
    };
    if name.is_ascii() {
        return address.to_owned();
    }
    let name = name.trim_matches('"');
    let letters = name.bytes().map(|byte| match byte {
        b' ' => "_".to_owned(),
        b if b.is_ascii_alphanumeric() => char::from(b).to_string(),
        b => format!("={b:02X}"),
    });
    format!("=?UTF-8?q?{}?= <{place}", letters.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "\
\"A. Name\" <a@b> (maintainer:NETWORKING DRIVERS)
Björn R <bj@b> (reviewer:RUST)
list@b (open list:NETWORKING DRIVERS)
";

    #[test]
    fn maintainers_get_it_and_others_a_copy() {
        let found = Recipients::read(SAID);
        assert_eq!(found.to, ["\"A. Name\" <a@b>".to_owned()].into());
        assert_eq!(
            found.headers(),
            "To: \"A. Name\" <a@b>\nCc: =?UTF-8?q?Bj=C3=B6rn_R?= <bj@b>,\n    list@b\n"
        );
    }

    #[test]
    fn what_nobody_looks_after_goes_to_the_list() {
        let found = Recipients::read("list@b (open list)\n");
        assert_eq!(found.headers(), "To: list@b\n");
    }

    #[test]
    fn what_nobody_looks_after_goes_to_those_of_its_series() {
        let mut nobody = Recipients::read("list@b (open list)\nother@b (open list)\n");
        let mut somebody = Recipients::read("C <c@b> (maintainer:OTHER)\n");
        let series = Recipients::read(SAID);
        nobody.or_those_of(&series);
        assert_eq!(nobody.to, series.to);
        assert!(nobody.cc.contains("list@b") && nobody.cc.contains("other@b"));
        somebody.or_those_of(&series);
        assert_eq!(somebody.to.len(), 1);
    }

    #[test]
    fn a_cover_letter_goes_to_everybody_once() {
        let mut all = Recipients::read(SAID);
        all.extend(&Recipients::read(
            "Björn R <bj@b> (maintainer:OTHER)\nother@b (open list)\n",
        ));
        assert_eq!(all.to.len(), 2);
        assert_eq!(all.cc, ["list@b".to_owned(), "other@b".to_owned()].into());
    }
}
