// SPDX-License-Identifier: MIT OR Apache-2.0

//! Short questions to programs, whose answer is what they print.

use std::path::Path;

use anyhow::Result;
use xshell::{Shell, cmd};

/// Runs `program` with `arguments` to its end and gives what it wrote to its standard output,
/// without the last newline. What it wrote to its standard error is not shown.
///
/// For questions that are answered at once: the program is not in a group of its own, as those of
/// [`crate::process`] are.
pub(crate) fn ask(program: impl AsRef<Path>, arguments: &[&str]) -> Result<String> {
    let shell = Shell::new()?;
    Ok(cmd!(shell, "{program} {arguments...}")
        .quiet()
        .ignore_stderr()
        .read()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_comes_without_its_last_newline_and_a_failure_is_named() {
        assert_eq!(ask("printf", &["%s\\n", "one  two"]).unwrap(), "one  two");
        let error = ask("false", &["now"]).unwrap_err().to_string();
        assert!(error.contains("`false now`"), "{error}");
    }
}
