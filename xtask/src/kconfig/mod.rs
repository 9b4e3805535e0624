// SPDX-License-Identifier: MIT OR Apache-2.0

//! Why Kconfig did not give an option the value that was asked for, read from the Kconfig files.
//!
//! Kconfig itself cannot be asked without a terminal (only `menuconfig` shows dependencies), and
//! says nothing when it drops an option.

mod expression;
mod reader;

use std::path::Path;

use crate::arch::Arch;

pub(crate) use expression::{Tristate, Values};
use reader::{Definition, Reader};

/// Says in a few words why the option `name` (without `CONFIG_`) has not reached `wanted` in the
/// configuration `values` of the kernel in `tree` for `arch`.
pub(crate) fn explain(
    tree: &Path,
    arch: Arch,
    name: &str,
    wanted: Tristate,
    values: &Values,
) -> String {
    let reader = Reader::read(tree, arch, name);
    if reader.definitions.is_empty() {
        return "there is no such option in this tree".to_owned();
    }
    if wanted == Tristate::No {
        return on_although_unwanted(&reader, name, values);
    }
    reader
        .definitions
        .iter()
        .map(|definition| off_although_wanted(definition, wanted, values))
        .collect::<Vec<_>>()
        .join("; ")
}

fn off_although_wanted(definition: &Definition, wanted: Tristate, values: &Values) -> String {
    let place = &definition.place;
    let unmet: Vec<String> = definition
        .conditions
        .iter()
        .filter_map(|condition| {
            let (value, names) = expression::evaluate(condition, values);
            (value < wanted).then(|| {
                let are: Vec<_> = names
                    .iter()
                    .map(|name| format!("{name}={}", values.get(name).map_or("n", String::as_str)))
                    .collect();
                format!("`{condition}` ({})", are.join(", "))
            })
        })
        .collect();
    if !unmet.is_empty() {
        return format!("it depends on {} ({place})", unmet.join(" and "));
    }
    if !definition.has_prompt {
        return format!("it cannot be set, only selected by other options ({place})");
    }
    format!("its dependencies are met; look at the choice or the defaults around {place}")
}

fn on_although_unwanted(reader: &Reader, name: &str, values: &Values) -> String {
    let selecting: Vec<_> = reader
        .selected_by
        .iter()
        .filter(|(selector, condition)| {
            values.contains_key(selector)
                && expression::evaluate(condition, values).0 > Tristate::No
        })
        .map(|(selector, _)| selector.as_str())
        .collect();
    if selecting.is_empty() {
        format!("{name} is on by default and cannot be switched off here")
    } else {
        format!("it is selected by {}", selecting.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "\
mainmenu \"a tree\"
config PLAIN
\tbool \"plain\"
menu \"drivers\"
\tdepends on BUS
source \"drivers/Kconfig\"
endmenu
config HIDDEN
\tbool
config USER
\tbool \"user\"
\tselect PLAIN if NET
";
    const DRIVERS: &str = "\
if NET
config CONNECTOR
\ttristate \"connector\"
\tdepends on RUST && \\
\t\tMODVERSIONS=n
\thelp
\t  Text that says
\t  depends on NOTHING
endif
";

    fn why(name: &str, wanted: Tristate, on: &[(&str, &str)]) -> String {
        let tree = tempfile::tempdir().unwrap();
        std::fs::create_dir(tree.path().join("drivers")).unwrap();
        std::fs::write(tree.path().join("Kconfig"), ROOT).unwrap();
        std::fs::write(tree.path().join("drivers/Kconfig"), DRIVERS).unwrap();
        let values = on
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        explain(tree.path(), Arch::default(), name, wanted, &values)
    }

    #[test]
    fn an_unmet_dependency_is_named_with_its_value_and_place() {
        assert_eq!(
            why("CONNECTOR", Tristate::Yes, &[("BUS", "y"), ("NET", "y")]),
            "it depends on `RUST && MODVERSIONS=n` (RUST=n, MODVERSIONS=n) (drivers/Kconfig:2)"
        );
    }

    #[test]
    fn the_conditions_around_an_option_count() {
        let said = why("CONNECTOR", Tristate::Yes, &[("RUST", "y"), ("BUS", "m")]);
        assert_eq!(
            said,
            "it depends on `BUS` (BUS=m) and `NET` (NET=n) (drivers/Kconfig:2)"
        );
        let said = why(
            "CONNECTOR",
            Tristate::Module,
            &[("RUST", "y"), ("BUS", "m")],
        );
        assert_eq!(said, "it depends on `NET` (NET=n) (drivers/Kconfig:2)");
    }

    #[test]
    fn what_is_unknown_or_hidden_or_selected_is_called_so() {
        let said = why("TYPO", Tristate::Yes, &[]);
        assert_eq!(said, "there is no such option in this tree");
        let said = why("HIDDEN", Tristate::Yes, &[]);
        assert_eq!(
            said,
            "it cannot be set, only selected by other options (Kconfig:8)"
        );
        let said = why("PLAIN", Tristate::No, &[("USER", "y"), ("NET", "y")]);
        assert_eq!(said, "it is selected by USER");
        let said = why("PLAIN", Tristate::No, &[("USER", "y")]);
        assert!(said.contains("on by default"), "{said}");
    }
}
