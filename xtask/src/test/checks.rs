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
    /// The machine that makes it, where there are several: checks that boot the same kernels share
    /// one, so that each kernel is built once.
    pub(super) machine: &'static str,
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
            machine: "plain",
        }
    }

    /// As [`Self::of`], of scenarios, which a nightly run repeats more often.
    const fn scenarios(name: &'static str, command: &'static str) -> Self {
        Self {
            more: "--nightly",
            reports: true,
            ..Self::of(name, command)
        }
    }

    /// The same check for nightly runs only.
    const fn nightly(self) -> Self {
        Self {
            nightly: true,
            ..self
        }
    }

    /// The same check on another machine.
    const fn on(self, machine: &'static str) -> Self {
        Self { machine, ..self }
    }

    /// Scenarios for an architecture that is emulated.
    const fn architecture(name: &'static str, command: &'static str) -> Self {
        Self::scenarios(name, command).nightly().on(name)
    }
}

/// All of them, in this order: first what fails fast. Flavors that are alike are built one after the
/// other, which compiles least anew.
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
    Check::scenarios("scenarios", "xtask qemu-test --flavor rust,c,stock"),
    Check::of("units", "test --quiet --locked --workspace"),
    Check::of("misuse", "xtask misuse"),
    Check::scenarios("debug", "xtask qemu-test --flavor debug,debug-module").on("debug"),
    // Fails when the figures of two runs differ, or an operation is dearer than the record, which is
    // to be made anew in the same commit. The targets are those of a nightly run.
    Check::of(
        "bench",
        "xtask bench --flavor c,rust --report-only --compare test-payloads/benches/baseline.json",
    ),
    Check::of(
        "bench-all",
        "xtask bench --compare test-payloads/benches/baseline.json",
    )
    .nightly(),
    Check::of("same-kernel", "xtask build-kernel --from-nothing").nightly(),
    Check::scenarios(
        "modules",
        "xtask qemu-test --flavor stock-module,c-module,rust-module",
    )
    .nightly()
    .on("modules"),
    Check::of("versions", "xtask symbol-versions")
        .nightly()
        .on("modules"),
    Check::of("miri-all", "xtask host-test --miri")
        .nightly()
        .on("miri"),
    Check::of(
        "miri-big-endian",
        "xtask host-test --miri -- --target s390x-unknown-linux-gnu",
    )
    .nightly()
    .on("miri"),
    Check::of(
        "miri-32-bit",
        "xtask host-test --miri -- --target i686-unknown-linux-gnu",
    )
    .nightly()
    .on("miri"),
    Check::architecture("arm64", "xtask qemu-test --arch arm64"),
    Check::architecture("riscv64", "xtask qemu-test --arch riscv64"),
    Check::architecture("s390", "xtask qemu-test --arch s390"),
    Check::architecture("arm", "xtask qemu-test --arch arm"),
    Check::of("review-all", "xtask review")
        .nightly()
        .on("review"),
];
