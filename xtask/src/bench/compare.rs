// SPDX-License-Identifier: MIT OR Apache-2.0

//! Whether operations have become dearer since a record was made.
//!
//! Made with the same toolchain, figures are compared as they are. Another compiler makes other
//! code of the same source, in C as in Rust; then what is compared is how a flavor stands to the C
//! core of the same run, which is left out itself.

use anyhow::{Context, Result, ensure};

use super::record::{OfFlavor, Record};
use super::row::{MEASURING, Row};

/// How much dearer an operation may become without a word, in percent.
const PERCENT: i64 = 2;

/// The flavor that others are seen against when toolchains differ.
const PEER: &str = "c";

/// What a comparison found.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    /// How it was made, in a sentence.
    how: String,
    /// What became dearer by more than [`PERCENT`].
    dearer: Vec<String>,
    /// What became cheaper by more than that.
    cheaper: Vec<String>,
    /// What one of the two does not have.
    missing: Vec<String>,
    /// How many operations were compared.
    compared: usize,
}

/// One cost, before and now; as ratios where it has a cost beside it to be seen against.
struct Change {
    was: i64,
    is: i64,
    /// The peer's cost, before and now.
    against: Option<[i64; 2]>,
}

impl Change {
    /// Both sides of `was : is`, brought to whole numbers; nothing where a cost is none.
    fn sides(&self) -> Option<[i128; 2]> {
        let [was, is] = [self.was, self.is].map(i128::from);
        let [was, is] = match self.against.map(|peer| peer.map(i128::from)) {
            None => [was, is],
            Some([peer_was, peer_is]) => [was * peer_is, is * peer_was],
        };
        (was > 0).then_some([was, is])
    }

    fn is_dearer(&self) -> bool {
        let limit = i128::from(100 + PERCENT);
        self.sides().is_some_and(|[was, is]| is * 100 > was * limit)
    }

    fn is_cheaper(&self) -> bool {
        let limit = i128::from(100 - PERCENT);
        self.sides().is_some_and(|[was, is]| is * 100 < was * limit)
    }

    fn words(&self, name: &str) -> String {
        let percent = self
            .sides()
            .map_or(0.0, |[was, is]| (is as f64 / was as f64 - 1.0) * 100.0);
        let Self { was, is, .. } = self;
        match self.against {
            None => format!("{name}: {was}, now {is} ({percent:+.1} %)"),
            Some([peer_was, peer_is]) => format!(
                "{name}: {was} to {peer_was} of {PEER}, now {is} to {peer_is} ({percent:+.1} %)"
            ),
        }
    }
}

impl Comparison {
    /// Compares what both have.
    pub(super) fn of(old: &Record, new: &Record) -> Result<Self> {
        let alike = old.toolchain == new.toolchain;
        let mut found = Self {
            how: match alike {
                true => "made with the same toolchain, so instructions are compared".to_owned(),
                false => format!(
                    "made with another toolchain, so ratios to {PEER} are compared\nwas: {}\nis: {}",
                    old.toolchain, new.toolchain
                ),
            },
            ..Self::default()
        };
        let both = new.flavors.iter();
        for (is, was) in both.filter_map(|is| Some((is, old.flavor(&is.flavor)?))) {
            let peers = match alike {
                true => None,
                false if is.flavor == PEER => continue,
                false => Some([old, new].map(|record| record.flavor(PEER))),
            };
            found.flavor(was, is, peers)?;
        }
        Ok(found)
    }

    fn flavor(
        &mut self,
        was: &OfFlavor,
        is: &OfFlavor,
        peers: Option<[Option<&OfFlavor>; 2]>,
    ) -> Result<()> {
        let flavor = &is.flavor;
        let counts = |row: &Row| !row.operation.starts_with(MEASURING);
        for row in was.rows()?.iter().filter(|row| counts(row)) {
            let name = format!("{flavor}: {row}");
            let (Some(before), Some(now)) = (was.cost(row), is.cost(row)) else {
                self.missing
                    .push(format!("{name}: is not measured any more"));
                continue;
            };
            let against = match peers {
                None => None,
                Some([old, new]) => {
                    let cost = |of: Option<&OfFlavor>| {
                        of.and_then(|of| of.cost(row)).with_context(|| {
                            format!("{name}: toolchains differ, and {PEER} was not measured too")
                        })
                    };
                    Some([cost(old)?, cost(new)?])
                }
            };
            let change = Change {
                was: before,
                is: now,
                against,
            };
            self.compared += 1;
            match change {
                change if change.is_dearer() => self.dearer.push(change.words(&name)),
                change if change.is_cheaper() => self.cheaper.push(change.words(&name)),
                _ => {}
            }
        }
        for row in is.rows()?.iter().filter(|row| counts(row)) {
            if was.cost(row).is_none() {
                self.missing
                    .push(format!("{flavor}: {row}: was not measured before"));
            }
        }
        Ok(())
    }

    /// All that was found, for people.
    pub(super) fn text(&self) -> String {
        let mut text = format!("\n{}\n", self.how);
        for (title, lines) in [
            (format!("dearer by more than {PERCENT} %"), &self.dearer),
            (format!("cheaper by more than {PERCENT} %"), &self.cheaper),
            ("not to be compared".to_owned(), &self.missing),
        ] {
            text += &format!("{title}: {}\n", lines.len());
            for line in lines {
                text += &format!("  {line}\n");
            }
        }
        text
    }

    /// An error when something became dearer, or the record does not have what is measured now.
    pub(super) fn verdict(&self) -> Result<()> {
        ensure!(
            self.compared > 0 || !self.missing.is_empty(),
            "nothing was compared: the file and this run have no flavor in common that can be, \
             beside {PEER} where toolchains differ"
        );
        ensure!(
            self.dearer.is_empty() && self.missing.is_empty(),
            "{} operations became dearer by more than {PERCENT} % and {} cannot be compared, as \
             said above; where that is meant, record the figures anew with `--json`, in the same \
             commit",
            self.dearer.len(),
            self.missing.len()
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::record::tests::record;

    const C: &str = "measuring: overhead: 4\nadd/1 ids: 1000\ndel/1 ids: 100";

    fn compared(old: (&str, &str, &str), new: (&str, &str, &str)) -> Comparison {
        let [old, new] =
            [old, new].map(|(toolchain, c, rust)| record(toolchain, &[("c", c), ("rust", rust)]));
        Comparison::of(&old, &new).unwrap()
    }

    #[test]
    fn more_than_two_percent_is_dearer_and_less_is_cheaper() {
        let same = ("a", C, "add/1 ids: 1000");
        let found = compared(same, ("a", C, "add/1 ids: 1020"));
        assert!(found.dearer.is_empty());
        found.verdict().unwrap();
        let found = compared(same, ("a", C, "add/1 ids: 1021"));
        assert_eq!(found.dearer, ["rust: add, 1 id: 1000, now 1021 (+2.1 %)"]);
        let error = found.verdict().unwrap_err().to_string();
        assert!(error.starts_with("1 operations became dearer"), "{error}");
        let found = compared(same, ("a", C, "add/1 ids: 979"));
        assert_eq!(found.cheaper, ["rust: add, 1 id: 1000, now 979 (-2.1 %)"]);
        found.verdict().unwrap();
    }

    #[test]
    fn with_another_toolchain_the_ratio_to_c_counts() {
        let twice = C.replace("1000", "2000").replace("100", "200");
        let old = ("a", C, "add/1 ids: 900");
        let found = compared(old, ("b", &twice, "add/1 ids: 1836"));
        assert!(found.dearer.is_empty(), "{found:?}");
        assert!(found.text().contains("another toolchain"));
        let found = compared(old, ("b", &twice, "add/1 ids: 1837"));
        let told = "rust: add, 1 id: 900 to 1000 of c, now 1837 to 2000 (+2.1 %)";
        assert_eq!(found.dearer, [told]);
        let alone = |toolchain| record(toolchain, &[("rust", "add/1 ids: 900")]);
        assert!(Comparison::of(&alone("a"), &alone("b")).is_err());
    }

    #[test]
    fn what_came_or_went_is_named() {
        let found = compared(("a", C, "add/1 ids: 1"), ("a", C, "del/1 ids: 1"));
        let wanted = [
            "rust: add, 1 id: is not measured any more",
            "rust: del, 1 id: was not measured before",
        ];
        assert_eq!(found.missing, wanted);
        assert!(found.verdict().is_err());
    }

    #[test]
    fn to_compare_nothing_is_no_success() {
        let [old, new] = ["new", "old"].map(|toolchain| record(toolchain, &[("c", C)]));
        let nothing = Comparison::of(&old, &new).unwrap().verdict().unwrap_err();
        assert!(nothing.to_string().starts_with("nothing was compared"));
        assert!(Comparison::of(&old, &old).unwrap().verdict().is_ok());
    }
}
