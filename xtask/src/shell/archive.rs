// SPDX-License-Identifier: MIT OR Apache-2.0

//! What is in the guest that a person talks to.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use initramfs::newc::Archive;
use initramfs::plan::{Part, Plan, Step};
use initramfs::{MODULES, PLAN, PROGRAMS};

use crate::archive::{add, add_program};
use crate::kernel::Kernel;
use crate::payload;

/// The distribution's programs in the guest; the first is the shell.
pub(super) const DISTRIBUTION: [&str; 2] = ["busybox", "forkstat"];

/// The crates of this workspace in the guest.
pub(super) const CRATES: [&str; 2] = ["probes", "procwatch"];

/// What the guest's shell reads when it starts.
const GREETING: &str = "/greeting";

/// A shell, the tests, the clients, and every module and program of the kernel; `payloads` is the
/// folder that [`payload::build`] returns.
pub(super) fn compose(kernel: &Kernel, payloads: &Path) -> Result<Archive> {
    let mut archive = Archive::default();
    archive.file(PLAN, 0o644, plan(&kernel.flavor)?.to_string().into_bytes());
    archive.file(GREETING, 0o644, greeting(&kernel.flavor).into_bytes());
    add(&mut archive, "/init", &payloads.join("init"))?;
    for name in CRATES {
        let guest = format!("{PROGRAMS}/{name}");
        add(&mut archive, &guest, &payloads.join(name))?;
    }
    for name in DISTRIBUTION {
        add_program(&mut archive, name, &payload::find(name)?)?;
    }
    for (name, path) in files(&kernel.dir.join("programs"))? {
        add_program(&mut archive, &name, &path)?;
    }
    for folder in [kernel.dir.join("modules"), kernel.modules.clone()] {
        for (name, path) in files(&folder)? {
            add(&mut archive, &format!("{MODULES}/{name}"), &path)?;
        }
    }
    Ok(archive)
}

/// Until the greeting has been read there is no `sh`, only a busybox that can be one.
fn plan(flavor: &str) -> Result<Plan> {
    let shell = DISTRIBUTION[0];
    let step: Step = format!("attach {shell} setsid -c {shell} sh -i").parse()?;
    let terminal = env::var("TERM").unwrap_or_else(|_| "dumb".to_owned());
    let env = [
        ("ENV", GREETING.to_owned()),
        ("TERM", terminal),
        ("PS1", format!("{flavor} # ")),
    ];
    Ok(Plan {
        parts: vec![Part {
            scenario: "shell".to_owned(),
            env: env.map(|(name, value)| (name.to_owned(), value)).into(),
            steps: vec![step],
        }],
    })
}

/// Lets every applet of busybox be a command, once, and says what there is.
fn greeting(flavor: &str) -> String {
    let shell = DISTRIBUTION[0];
    let clients = [&CRATES[..], &DISTRIBUTION[1..]].concat().join(" ");
    format!(
        "{shell} test -e {PROGRAMS}/ls || {{ {shell} --install -s {PROGRAMS}; \
         echo; echo 'flavor {flavor}: {clients}, modules in {MODULES}'; }}\n"
    )
}

/// The files in a folder, by name; none where there is no such folder.
fn files(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect())
        .with_context(|| format!("cannot read {}", folder.display()))?;
    paths.sort();
    let named = paths.into_iter().filter_map(|path| {
        let name = path.file_name()?.to_string_lossy().into_owned();
        Some((name, path))
    });
    Ok(named.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plan_calls_no_program_that_is_not_in_the_archive() {
        let plan = plan("debug").unwrap().to_string();
        assert!(
            plan.ends_with("attach busybox setsid -c busybox sh -i\n"),
            "{plan}"
        );
        assert!(plan.contains("debug # "), "{plan}");
    }

    #[test]
    fn the_greeting_names_the_clients_but_not_the_shell() {
        let text = greeting("debug");
        let said = "'flavor debug: probes procwatch forkstat, modules in /modules'";
        assert!(text.contains(said), "{text}");
    }
}
