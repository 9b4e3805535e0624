// SPDX-License-Identifier: MIT OR Apache-2.0

//! The checks: commands that anybody can give by hand.

/// A command for cargo, word by word.
pub(super) type Arguments = Vec<&'static str>;

/// One thing that is checked.
pub(super) struct Check {
    /// The name that `--only` takes.
    pub(super) name: &'static str,
    /// Words for cargo, parted by white space.
    command: &'static str,
    /// Further words for a nightly run.
    more: &'static str,
    /// True if only a nightly run makes it.
    pub(super) nightly: bool,
    /// True if it runs scenarios and can report them.
    pub(super) reports: bool,
    /// True if it is worth a machine of its own.
    pub(super) long: bool,
}

impl Check {
    /// The command of the tier.
    pub(super) fn arguments(&self, nightly: bool) -> Arguments {
        let more = if nightly { self.more } else { "" };
        let words = self.command.split_whitespace();
        words.chain(more.split_whitespace()).collect()
    }

    /// A check that each change must pass.
    const fn of(name: &'static str, command: &'static str) -> Self {
        Self {
            name,
            command,
            more: "",
            nightly: false,
            reports: false,
            long: false,
        }
    }

    /// As [`Self::of`], of scenarios, which a nightly run repeats more often.
    const fn scenarios(name: &'static str, command: &'static str) -> Self {
        Self {
            more: "--nightly",
            reports: true,
            long: true,
            ..Self::of(name, command)
        }
    }

    /// A check that takes longer than each change may.
    const fn nightly(name: &'static str, command: &'static str) -> Self {
        Self {
            nightly: true,
            long: true,
            ..Self::of(name, command)
        }
    }

    /// Scenarios for an architecture that is emulated.
    const fn architecture(name: &'static str, command: &'static str) -> Self {
        Self {
            nightly: true,
            ..Self::scenarios(name, command)
        }
    }
}

/// All of them, in this order: first what fails fast, and kernels before what boots them. Where a
/// nightly run makes more of a check, the larger check replaces the smaller one or stands beside it.
pub(super) const CHECKS: &[Check] = &[
    Check::of("format", "fmt --all --check"),
    Check::of(
        "lints",
        "clippy --quiet --locked --workspace --all-targets -- -D warnings",
    ),
    Check::of("docs", "doc --quiet --locked --workspace --no-deps"),
    Check::of("tree", "xtask tree"),
    Check::of("review", "xtask review --quick"),
    // The tests of the core on the host are a workspace of their own, which needs the tree.
    Check::of(
        "logic-format",
        "fmt --check --manifest-path test-payloads/host/Cargo.toml --package host --package kernel",
    ),
    Check::of(
        "logic-lints",
        "clippy --quiet --locked --manifest-path test-payloads/host/Cargo.toml \
         --target-dir target/host --package host --package kernel --all-targets --no-deps \
         -- -D warnings",
    ),
    Check::of("logic", "xtask host-test"),
    // The tests in which tasks meet: memory orders are what only an interpreter sees.
    Check::of("miri", "xtask host-test --miri -- --test removal"),
    Check::scenarios("scenarios", "xtask qemu-test --flavor rust,stock,c"),
    Check::of("units", "test --quiet --locked --workspace"),
    Check::of("misuse", "xtask misuse"),
    Check::scenarios("debug", "xtask qemu-test --flavor debug,debug-module"),
    // Fails when the figures of two runs differ, or an operation is dearer than the record, which is
    // to be made anew in the same commit. The targets are those of a nightly run.
    Check::of(
        "bench",
        "xtask bench --flavor c,rust --report-only --compare test-payloads/benches/baseline.json",
    ),
    Check::nightly(
        "bench-all",
        "xtask bench --compare test-payloads/benches/baseline.json",
    ),
    Check::architecture(
        "modules",
        "xtask qemu-test --flavor stock-module,c-module,rust-module",
    ),
    Check::nightly("versions", "xtask symbol-versions"),
    Check::nightly("same-kernel", "xtask build-kernel --from-nothing"),
    Check::nightly("miri-all", "xtask host-test --miri"),
    Check::nightly(
        "miri-big-endian",
        "xtask host-test --miri -- --target s390x-unknown-linux-gnu",
    ),
    Check::nightly(
        "miri-32-bit",
        "xtask host-test --miri -- --target i686-unknown-linux-gnu",
    ),
    Check::architecture("arm64", "xtask qemu-test --arch arm64"),
    Check::architecture("riscv64", "xtask qemu-test --arch riscv64"),
    Check::architecture("s390", "xtask qemu-test --arch s390"),
    Check::architecture("arm", "xtask qemu-test --arch arm"),
    Check::nightly("review-all", "xtask review"),
];
