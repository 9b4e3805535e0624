// SPDX-License-Identifier: MIT OR Apache-2.0

//! `cargo xtask symbol-versions`: whether a driver that was built against one connector loads on
//! another.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::doctor::{self, Need, Permission};
use crate::kernel;
use crate::project::Project;

/// What include/linux/connector.h has always promised to drivers; a series may add to it.
const SYMBOLS: [&str; 4] = [
    "cn_add_callback",
    "cn_del_callback",
    "cn_netlink_send",
    "cn_netlink_send_mult",
];

/// What the names of the connector's functions begin with.
const PREFIX: &str = "cn_";

/// What kbuild writes for a symbol that has no version.
const NO_VERSION: u32 = 0;

/// What `symbol-versions` is told.
#[derive(Args)]
pub(crate) struct Options {
    /// Flavors of kernel-config/flavors.yaml; each must have what those before it have
    #[arg(
        long,
        value_name = "NAME",
        value_delimiter = ',',
        default_value = "stock-module,c-rust-module,rust-module"
    )]
    flavor: Vec<String>,
    #[command(flatten)]
    permission: Permission,
}

/// The versions of a flavor's symbols.
struct Versions {
    flavor: String,
    /// By name; all of the kernel's and of its modules'.
    symbols: BTreeMap<String, u32>,
}

/// Prints the versions of the connector's functions in each flavor; an error says which differ.
pub(crate) fn run(project: &Project, options: &Options) -> Result<()> {
    doctor::require(project, &[Need::Build], options.permission)?;
    let flavors = options
        .flavor
        .iter()
        .map(|flavor| {
            let kernel = kernel::ensure(project, flavor)?;
            Versions::load(flavor, &kernel.dir.join("Module.symvers"))
        })
        .collect::<Result<Vec<_>>>()?;
    print!("{}", table(&flavors));
    let differences = differences(&flavors)?;
    ensure!(
        differences.is_empty(),
        "drivers do not load on each other's connector:\n  {}\n\
         a version covers the names and types of a function's parameters, and all that those \
         types are made of: compare what the exporting C files define and include",
        differences.join("\n  ")
    );
    Ok(())
}

impl Versions {
    fn load(flavor: &str, path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(flavor, &text).with_context(|| format!("{}", path.display()))
    }

    /// Reads `Module.symvers`: a line a symbol, `0xVERSION`, name, module, kind and namespace, with
    /// tabs between them.
    fn parse(flavor: &str, text: &str) -> Result<Self> {
        let symbols = text
            .lines()
            .map(|line| {
                let mut columns = line.split('\t');
                let version = columns.next().and_then(|word| word.strip_prefix("0x"));
                let version = version.and_then(|digits| u32::from_str_radix(digits, 16).ok());
                version
                    .zip(columns.next())
                    .map(|(version, name)| (name.to_owned(), version))
                    .with_context(|| format!("no version and name of a symbol: `{line}`"))
            })
            .collect::<Result<_>>()?;
        Ok(Self {
            flavor: flavor.to_owned(),
            symbols,
        })
    }

    /// The version of a function of the connector.
    fn of(&self, symbol: &str) -> Result<u32> {
        let version = *self.symbols.get(symbol).with_context(|| {
            format!(
                "{} does not export {symbol}; see drivers/connector",
                self.flavor
            )
        })?;
        ensure!(
            version != NO_VERSION,
            "{symbol} has no version on {}; give the flavor the fragment `modversions`",
            self.flavor
        );
        Ok(version)
    }
}

/// The connector's functions that any of the flavors has, in the order of their names.
fn functions(flavors: &[Versions]) -> BTreeSet<&str> {
    let exported = flavors.iter().flat_map(|versions| versions.symbols.keys());
    SYMBOLS
        .into_iter()
        .chain(exported.map(String::as_str))
        .filter(|symbol| symbol.starts_with(PREFIX))
        .collect()
}

/// A sentence for each function whose version differs from that of the first flavor that has it.
fn differences(flavors: &[Versions]) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for symbol in functions(flavors) {
        let is_old = SYMBOLS.contains(&symbol);
        let mut having = flavors
            .iter()
            .skip_while(|versions| !is_old && !versions.symbols.contains_key(symbol));
        let Some(first) = having.next() else {
            continue;
        };
        let wanted = first.of(symbol)?;
        for other in having {
            let version = other.of(symbol)?;
            if version != wanted {
                found.push(format!(
                    "{symbol} is {version:#010x} on {} and {wanted:#010x} on {}",
                    other.flavor, first.flavor
                ));
            }
        }
    }
    Ok(found)
}

/// A line a function, a column a flavor.
fn table(flavors: &[Versions]) -> String {
    let mut text = format!("{:20}", "function");
    for versions in flavors {
        text += &format!("  {:12}", versions.flavor);
    }
    for symbol in functions(flavors) {
        text += &format!("\n{symbol:20}");
        for versions in flavors {
            let version = match versions.symbols.get(symbol) {
                Some(version) => format!("{version:#010x}"),
                None => "none".to_owned(),
            };
            text += &format!("  {version:12}");
        }
    }
    text.lines()
        .map(|line| format!("{}\n", line.trim_end()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STOCK: &str = "0xae356bc7\tcn_add_callback\tdrivers/connector/cn\tEXPORT_SYMBOL_GPL\t\n\
                         0xcc56cea7\tcn_del_callback\tdrivers/connector/cn\tEXPORT_SYMBOL_GPL\t\n\
                         0x0dcdf814\tcn_netlink_send\tdrivers/connector/cn\tEXPORT_SYMBOL_GPL\t\n\
                         0x2cfdf983\tcn_netlink_send_mult\tdrivers/connector/cn\tEXPORT_SYMBOL_GPL\t\n\
                         0x11111111\tkfree\tvmlinux\tEXPORT_SYMBOL\t\n";

    fn versions(flavor: &str, text: &str) -> Versions {
        Versions::parse(flavor, text).unwrap()
    }

    fn compared(rust: &str) -> Result<Vec<String>> {
        differences(&[versions("stock", STOCK), versions("rust", rust)])
    }

    #[test]
    fn equal_versions_of_the_connector_are_no_difference_whatever_else_differs() {
        let other = STOCK.replace("0x11111111\tkfree", "0x22222222\tkfree");
        assert_eq!(compared(&other).unwrap(), [""; 0]);
    }

    #[test]
    fn each_difference_is_named_with_both_versions() {
        let other = STOCK.replace("0xcc56cea7", "0x7e10d7f2");
        assert_eq!(
            compared(&other).unwrap(),
            ["cn_del_callback is 0x7e10d7f2 on rust and 0xcc56cea7 on stock"]
        );
    }

    #[test]
    fn what_a_flavor_adds_the_later_ones_have_too() {
        let more = format!("{STOCK}0x33333333\tcn_more\tvmlinux\tEXPORT_SYMBOL_GPL\t\n");
        let other = more.replace("0x33333333", "0x44444444");
        let of = |c, rust| {
            differences(&[
                versions("stock", STOCK),
                versions("c", c),
                versions("rust", rust),
            ])
        };
        assert_eq!(of(&more, &more).unwrap(), [""; 0]);
        assert_eq!(
            of(&more, &other).unwrap(),
            ["cn_more is 0x44444444 on rust and 0x33333333 on c"]
        );
        assert!(of(&more, STOCK).is_err());
        assert_eq!(of(STOCK, &more).unwrap(), [""; 0]);
    }

    #[test]
    fn a_missing_function_or_version_is_no_agreement() {
        for (old, new, complaint) in [
            (
                "cn_add_callback",
                "cn_add",
                "rust does not export cn_add_callback",
            ),
            (
                "0xcc56cea7",
                "0x00000000",
                "cn_del_callback has no version on rust",
            ),
        ] {
            let error = compared(&STOCK.replace(old, new)).unwrap_err().to_string();
            assert!(error.starts_with(complaint), "{error}");
        }
        // Equal, but without meaning.
        let none = STOCK.replace("0xcc56cea7", "0x00000000");
        let error = differences(&[versions("stock", &none), versions("rust", &none)]);
        assert!(error.unwrap_err().to_string().contains("`modversions`"));
    }

    #[test]
    fn what_is_no_list_of_symbols_is_refused() {
        for text in ["0xzz\tcn_add_callback\n", "12\n", "0x12\n"] {
            let error = Versions::parse("rust", text).err().unwrap().to_string();
            assert!(error.starts_with("no version and name"), "{text}: {error}");
        }
    }

    #[test]
    fn the_table_has_a_column_for_each_flavor() {
        let rust = STOCK.replace("cn_del_callback", "cn_more_callbacks");
        let table = table(&[versions("stock-module", STOCK), versions("rust", &rust)]);
        assert_eq!(
            table,
            "function              stock-module  rust\n\
             cn_add_callback       0xae356bc7    0xae356bc7\n\
             cn_del_callback       0xcc56cea7    none\n\
             cn_more_callbacks     none          0xcc56cea7\n\
             cn_netlink_send       0x0dcdf814    0x0dcdf814\n\
             cn_netlink_send_mult  0x2cfdf983    0x2cfdf983\n"
        );
    }
}
