// SPDX-License-Identifier: MIT OR Apache-2.0

//! The processor's time stamp counter, and whether it counts instructions.

use std::arch::asm;
use std::arch::x86_64::_rdtsc;

use anyhow::{Result, ensure};

use crate::driver::Driver;
use crate::samples::Samples;

/// Of the shorter of two loops; the longer one makes twice as many.
const ROUNDS: u64 = 50_000;

/// Instructions in a round.
const ROUND: u64 = 2;

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

/// What reading the counter costs by itself: in this program, and in the module.
pub(crate) struct Overhead {
    pub(crate) here: u64,
    pub(crate) in_module: u64,
}

/// Measures nothing, and loops of known length; fails where the counter does not count
/// instructions one by one.
pub(crate) fn calibrate(driver: &Driver) -> Result<Overhead> {
    let in_module = |command: &str| -> Result<Samples> {
        let costs: Result<Vec<_>> = (0..TIMES).map(|_| Ok(driver.ask(command)?.cost)).collect();
        costs.map(Samples::of)
    };
    let looping = |rounds| here(|| spin(rounds)).steady();
    check("this program", looping(ROUNDS), looping(2 * ROUNDS))?;
    check(
        "the module",
        in_module(&format!("loop {ROUNDS}"))?.steady(),
        in_module(&format!("loop {}", 2 * ROUNDS))?.steady(),
    )?;
    Ok(Overhead {
        here: here(|| ()).steady(),
        in_module: in_module("empty")?.steady(),
    })
}

#[inline(always)]
fn here(action: impl Fn()) -> Samples {
    Samples::of((0..TIMES).map(|_| cost_of(&action).0).collect())
}

/// The difference of the two loops is free of all that comes before and after them.
fn check(place: &str, short: u64, long: u64) -> Result<()> {
    let (counted, executed) = (long.wrapping_sub(short), ROUNDS * ROUND);
    ensure!(
        counted == executed,
        "in {place} the counter moved on by {counted} in {executed} instructions: it does not \
         count instructions; run QEMU with `-icount shift=0`"
    );
    Ok(())
}

#[inline(always)]
fn spin(rounds: u64) {
    // SAFETY: counts a register down to zero and touches no memory; `rounds` is not 0.
    unsafe {
        asm!("2:", "dec {0}", "jnz 2b", inout(reg) rounds => _, options(nomem, nostack));
    }
}
