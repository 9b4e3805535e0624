// SPDX-License-Identifier: MIT OR Apache-2.0

//! Formatting.

pub use std::fmt::{Arguments, Debug, Display, Error, Formatter, Result, Write};
