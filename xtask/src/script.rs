// SPDX-License-Identifier: MIT OR Apache-2.0

//! The kernel's own scripts, run in its tree.

use std::ffi::OsString;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::{env, thread};

use anyhow::{Result, bail};

use crate::git::Git;
use crate::process;

/// `script` in the tree, with the distribution's perl and python before others: they are the ones
/// that have the modules which the doctor installs.
///
/// It sees no git repository. There the scripts would look for a history that the tree has not,
/// and miss every commit that a message names.
pub(crate) fn script(git: &Git, script: &str) -> Command {
    let mut path = OsString::from("/usr/bin:/bin:");
    path.push(env::var_os("PATH").unwrap_or_default());
    let mut command = Command::new(git.dir().join(script));
    command
        .current_dir(git.dir())
        .env("PATH", path)
        .env("LC_ALL", "C.UTF-8")
        .env("GIT_DIR", "/nonexistent");
    command
}

/// What a script prints about what it looked at; it may end with an error for that, too. One that
/// ends so without a word is broken.
pub(crate) fn report(command: &mut Command) -> Result<String> {
    let shown = process::shown(command);
    let (status, output, errors) = process::collect(command)?;
    if !status.success() && output.trim().is_empty() {
        bail!("`{shown}` failed ({status}): {}", errors.trim());
    }
    Ok(output)
}

/// Does `work` for all of `items`, on all processors, and gives what came of it in their order.
pub(crate) fn on_all<T: Sync, R: Send>(
    items: &[T],
    work: impl Fn(&T) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..workers.min(items.len()) {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(number) else { break };
                    let result = work(item);
                    let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                    done.push((number, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items_and_a_failure_is_one() {
        let items: Vec<u32> = (0..50).collect();
        assert_eq!(on_all(&items, |item| Ok(item * 2)).unwrap()[49], 98);
        let failing = on_all(&items, |item| match item {
            7 => bail!("seven"),
            _ => Ok(()),
        });
        assert_eq!(failing.unwrap_err().to_string(), "seven");
    }

    #[test]
    fn a_script_that_fails_silently_is_broken_and_one_that_talks_is_not() {
        let run = |line: &str| report(Command::new("sh").args(["-c", line]));
        assert_eq!(run("echo found; exit 1").unwrap(), "found\n");
        let error = run("echo no module >&2; exit 1").unwrap_err().to_string();
        assert!(error.ends_with("no module"), "{error}");
    }
}
