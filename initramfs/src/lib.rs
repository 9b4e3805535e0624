// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the host and the guest's PID 1 agree on: the archive that the guest starts from, the plan
//! inside it, and the marks that end its two serial ports.

pub mod newc;
pub mod plan;

/// Where the archive holds the [`plan::Plan`].
pub const PLAN: &str = "/plan";

/// Where the archive holds the programs, and where `run` and `exec` look for them.
pub const PROGRAMS: &str = "/bin";

/// Where the archive holds the modules that `load` names.
pub const MODULES: &str = "/modules";

/// Starts the line, in the kernel log and on the port of results, behind which a scenario begins; its
/// name follows. What comes before the first one, and in the log behind [`END_OF_SCENARIOS`], is of
/// all scenarios.
pub const SCENARIO: &str = "connector-init: scenario ";

/// The line, in the kernel log and on the port of results, behind which no scenario runs any more.
pub const END_OF_SCENARIOS: &str = "connector-init: end of scenarios";

/// The last line on the port of results: every step was carried out.
pub const END_OF_RESULTS: &str = "# done";

/// The last line of the kernel log before PID 1 reboots: what came before it can be scanned whole.
pub const END_OF_LOG: &str = "connector-init: end of log";

/// Starts the diagnostic lines of a test that are its transcript, to be compared between kernels.
pub const TRANSCRIPT: &str = "# > ";

/// What PID 1 says of a `run` step whose program reported a failed test and ended in order: such
/// a program exits with status 1.
pub const TESTS_FAILED: &str = "exit status 1";
