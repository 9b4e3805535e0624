// SPDX-License-Identifier: MIT OR Apache-2.0

//! `bench`: measures what the operations of the connector cost, in steps of the processor's
//! counter, and how much memory some things take, and reports each as a test in KTAP: its name is
//! `OPERATION` or `OPERATION/COUNT WHAT`, its transcript says what was measured. Needs
//! `cn_bench.ko`, whose documentation says what it does.
//!
//! With the argument `rates`, it measures by the clock how many messages a second several tasks
//! send.
//!
//! Where the counter counts instructions (QEMU with `-icount shift=0`), the figures are
//! instructions, and they repeat. Elsewhere the calibration fails, and nothing is measured.

mod bench;
mod counter;
mod driver;
mod figure;
mod genl;
mod marker;
mod netlink;
mod operations;
mod rates;
mod samples;

use std::process::ExitCode;
use std::{env, fs};

use anyhow::{Context, Result, anyhow};

/// The variable that names the operation to tell a watcher of the processor of.
const WATCHED: &str = "CN_FILTER";

fn main() -> ExitCode {
    let watched = env::var(WATCHED).ok();
    let symbols = match &watched {
        Some(_) => symbols(),
        None => Ok(String::new()),
    };
    let figures = match env::args().nth(1).as_deref() {
        None => operations::measure_all(watched),
        Some("rates") => rates::measure_all(),
        Some(other) => Err(anyhow!(
            "nothing to measure is called `{other}`; try `rates`"
        )),
    };
    match figures.and_then(|figures| Ok((figures, symbols?))) {
        // All at once, for whoever reads this would run between two measurements.
        Ok((figures, symbols)) => {
            print!("{}{symbols}", figure::ktap(&figures));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// A comment for each function of the module, so that a watcher's addresses can be told apart.
fn symbols() -> Result<String> {
    let path = "/proc/kallsyms";
    let all = fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?;
    let of_module = all.lines().filter(|line| line.ends_with("[cn_bench]"));
    Ok(of_module.map(|line| format!("# symbol {line}\n")).collect())
}
