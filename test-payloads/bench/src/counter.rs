// SPDX-License-Identifier: MIT OR Apache-2.0

//! The processor's time stamp counter, and whether it counts instructions.

use std::arch::asm;
use std::arch::x86_64::_rdtsc;

use anyhow::{Result, ensure};

use crate::driver::Driver;
use crate::samples::Samples;

/// Of the shorter of two loops; the longer one makes twice as many.
const ROUNDS: u64 = 50_000;

/// How many instructions the longer loop takes more than the shorter: a round is two.
pub(crate) const LOOP: u64 = 2 * ROUNDS;

/// How often the calibration is repeated: a timer may fall into one.
const TIMES: usize = 9;

/// By how much the counter moves on while `action` runs, and what that returned.
#[inline(always)]
pub(crate) fn cost_of<T>(action: impl FnOnce() -> T) -> (u64, T) {
    let start = now();
    let result = action();
    (now().wrapping_sub(start), result)
}

#[inline(always)]
fn now() -> u64 {
    // SAFETY: the instruction exists on every x86-64 processor, and touches no memory.
    unsafe { _rdtsc() }
}

/// What was found out about the counter at one of the places where it is read.
pub(crate) struct Calibration {
    /// By how much it moved on in [`LOOP`] instructions.
    pub(crate) looped: u64,
    /// What reading it costs by itself.
    pub(crate) overhead: u64,
}

/// Measures loops and nothing in this program.
pub(crate) fn in_program() -> Result<Calibration> {
    let looping = |rounds| here(|| spin(rounds));
    Ok(Calibration {
        looped: checked("the program", looping(2 * ROUNDS), looping(ROUNDS))?,
        overhead: here(|| ()),
    })
}

/// Measures loops and nothing in the module.
pub(crate) fn in_module(driver: &Driver) -> Result<Calibration> {
    let cost = |command: String| -> Result<u64> {
        let costs: Result<Vec<_>> = (0..TIMES).map(|_| driver.expect(&command, 0)).collect();
        Ok(Samples::of(costs?).steady())
    };
    let looping = |rounds| cost(format!("loop {rounds}"));
    Ok(Calibration {
        looped: checked("the module", looping(2 * ROUNDS)?, looping(ROUNDS)?)?,
        overhead: cost("empty".to_owned())?,
    })
}

#[inline(always)]
fn here(action: impl Fn()) -> u64 {
    Samples::of((0..TIMES).map(|_| cost_of(&action).0).collect()).steady()
}

/// The difference of the two loops is free of what comes before and after them.
fn checked(place: &str, long: u64, short: u64) -> Result<u64> {
    let counted = long.wrapping_sub(short);
    ensure!(
        counted == LOOP,
        "in {place} the counter moved on by {counted} in {LOOP} instructions, so it does not \
         count them; run QEMU with `-icount shift=0`"
    );
    Ok(counted)
}

#[inline(always)]
fn spin(rounds: u64) {
    // SAFETY: counts a register down to zero and touches no memory; `rounds` is not 0.
    unsafe {
        asm!("2:", "dec {0}", "jnz 2b", inout(reg) rounds => _, options(nomem, nostack));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_that_is_a_clock_is_refused() {
        assert_eq!(checked("here", LOOP + 7, 7).unwrap(), LOOP);
        for (long, counted) in [(LOOP + 6, LOOP - 1), (LOOP + 8, LOOP + 1), (7, 0)] {
            let error = checked("here", long, 7).unwrap_err().to_string();
            assert!(
                error.contains(&format!("moved on by {counted} in {LOOP}")),
                "{error}"
            );
        }
    }
}
