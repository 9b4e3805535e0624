// SPDX-License-Identifier: MIT OR Apache-2.0

//! Which function of the guest an address is in.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};

/// The guest's program is linked below this address, and is stripped.
const PROGRAM: u64 = 1 << 32;

/// What all of the program is called.
const PROGRAM_NAME: &str = "(the program that measures)";

/// What a line of the results begins with that names a function of the module.
const MODULE: &str = "# symbol ";

/// Functions by the address of their first instruction.
pub(super) struct Symbols(BTreeMap<u64, String>);

impl Symbols {
    /// Those of the kernel, from its `System.map`, and those of the module, from what the guest
    /// said of it. A line is `ADDRESS TYPE NAME`, as in `/proc/kallsyms`.
    pub(super) fn new(system_map: &str, results: &str) -> Result<Self> {
        let of_module = results
            .lines()
            .filter_map(|l| l.trim().strip_prefix(MODULE));
        let mut functions = BTreeMap::new();
        for line in system_map.lines().chain(of_module) {
            let mut words = line.split_whitespace();
            let (Some(address), Some(kind), Some(name)) =
                (words.next(), words.next(), words.next())
            else {
                continue;
            };
            if !matches!(kind, "t" | "T" | "w" | "W") {
                continue;
            }
            let address = u64::from_str_radix(address, 16)
                .with_context(|| format!("`{line}` names no address"))?;
            // Of several names the first one is kept.
            functions.entry(address).or_insert_with(|| name.to_owned());
        }
        ensure!(!functions.is_empty(), "the kernel names no function");
        Ok(Self(functions))
    }

    /// The name of the function that `address` is in, as it stands in the source.
    pub(super) fn function(&self, address: u64) -> String {
        if address < PROGRAM {
            return PROGRAM_NAME.to_owned();
        }
        match self.0.range(..=address).next_back() {
            Some((_, name)) => format!("{:#}", rustc_demangle::demangle(name)),
            None => format!("{address:#x}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_in_the_last_function_that_begins_before_it() {
        let map = "ffffffff81000000 T _stext\nffffffff81000010 t netlink_sendmsg\n\
                   ffffffff81000020 D some_data\nffffffff81000040 T _RNvNtC7cn_main8dispatch7receive\n";
        let results = "KTAP version 1\n  # symbol ffffffffa0000000 t bench_quiet [cn_bench]\n";
        let symbols = Symbols::new(map, results).unwrap();
        for (address, name) in [
            (0xffff_ffff_8100_0030, "netlink_sendmsg"),
            (0xffff_ffff_8100_0040, "cn_main::dispatch::receive"),
            (0xffff_ffff_a000_0001, "bench_quiet"),
            (0x40_1000, PROGRAM_NAME),
            (0x7fff_0000_0000, "0x7fff00000000"),
        ] {
            assert_eq!(symbols.function(address), name);
        }
        assert!(Symbols::new("", "").is_err());
    }
}
