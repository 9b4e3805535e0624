// SPDX-License-Identifier: MIT OR Apache-2.0

//! Running a program that fetches a file, with the file's growth as its progress.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::process::{self, Group};
use crate::project::Project;
use crate::stage::Stage;

/// How often the file is looked at.
const INTERVAL: Duration = Duration::from_millis(250);

/// Runs `command`, which writes or goes on with the file `to`; its own words go to a log.
pub(crate) fn run(project: &Project, command: &mut Command, to: &Path) -> Result<()> {
    let name = to
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let mut stage = Stage::start(format!("source: fetch {name}"));
    let log = project.log("fetch.log")?;
    let cannot = || format!("cannot write the log {}", log.display());
    let output = File::create(&log).with_context(cannot)?;
    let errors = output.try_clone().with_context(cannot)?;
    command.stdin(Stdio::null()).stdout(output).stderr(errors);
    let mut group = Group::spawn(command)?;
    let status = loop {
        if let Some(status) = group
            .child()
            .try_wait()
            .context("cannot wait for the child")?
        {
            break status;
        }
        stage.progress(format!("{} MB", size(to) / 1_000_000));
        thread::sleep(INTERVAL);
    };
    if !status.success() {
        let said = std::fs::read_to_string(&log).with_context(cannot)?;
        bail!(
            "`{}` failed ({status}): {}\nlog: {}",
            process::shown(command),
            said.trim().lines().last().unwrap_or("it said nothing"),
            log.display()
        );
    }
    stage.done(format!("{} MB", size(to) / 1_000_000));
    Ok(())
}

fn size(path: &Path) -> u64 {
    path.metadata().map_or(0, |data| data.len())
}
