// SPDX-License-Identifier: MIT OR Apache-2.0

//! The kernel log.

use std::fmt::Arguments;
use std::sync::{Mutex, PoisonError};

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Appends a line.
pub fn line(text: Arguments<'_>) {
    let mut lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
    lines.push(text.to_string());
}

/// Appends the report of a mistake.
pub(crate) fn bug(text: Arguments<'_>) {
    line(format_args!("BUG: {text}"));
}

/// Takes everything that was logged since the last time.
pub fn take() -> Vec<String> {
    std::mem::take(&mut LINES.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Logs an error.
#[macro_export]
macro_rules! pr_err {
    ($($text:tt)*) => { $crate::host::log::line(::std::format_args!($($text)*)) };
}

/// Logs a warning.
#[macro_export]
macro_rules! pr_warn {
    ($($text:tt)*) => { $crate::host::log::line(::std::format_args!($($text)*)) };
}

/// Logs what is worth knowing.
#[macro_export]
macro_rules! pr_info {
    ($($text:tt)*) => { $crate::host::log::line(::std::format_args!($($text)*)) };
}
