// SPDX-License-Identifier: MIT OR Apache-2.0

//! The first commit of the work tree: the pinned sources, and nothing else.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::git::Git;
use crate::project::Project;
use crate::source::{self, Pin};
use crate::stage::Stage;

/// The branch of the pinned sources, and the name of its folder.
pub(crate) const BRANCH: &str = "base";

/// When and by whom the first commit is made, so that it is the same commit everywhere.
const AUTHOR: [(&str, &str); 4] = [
    ("GIT_AUTHOR_NAME", "connector"),
    ("GIT_AUTHOR_EMAIL", "connector@localhost"),
    ("GIT_AUTHOR_DATE", "2026-01-01T00:00:00Z"),
    ("GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z"),
];

/// The line of the first commit's message that says where sources other than the pinned ones come
/// from.
const NOTE: &str = "Source: ";

/// What Debian's packaging adds to the end of `.gitignore` begins so.
const PACKAGING: &str = "\n#\n# Debian packaging: ignore everything";

/// The folder of the repository.
pub(crate) fn folder(project: &Project) -> PathBuf {
    project.target.join("tree").join(BRANCH)
}

/// The content of the sources, as a git tree id: what they are if they are there, else what is
/// pinned.
pub(crate) fn id(project: &Project, pin: &Pin) -> Result<String> {
    let folder = folder(project);
    if !folder.exists() {
        return Ok(pin.tree.clone());
    }
    Git::at(folder).text(&["rev-parse", &format!("refs/heads/{BRANCH}^{{tree}}")])
}

/// An error unless the sources that are there are those of the pin, or others of its version that
/// somebody asked for.
pub(crate) fn check(project: &Project, pin: &Pin) -> Result<()> {
    if id(project, pin)? == pin.tree {
        return Ok(());
    }
    let folder = folder(project);
    let git = Git::at(&folder);
    let message = git.text(&["log", "-1", "--format=%B", BRANCH, "--"])?;
    match message.lines().find_map(|line| line.strip_prefix(NOTE)) {
        Some(_) if message.lines().next() == Some(&title(pin)) => Ok(()),
        _ => bail!(
            "{} is not the tree that patches/linux.yaml pins; \
             `cargo xtask clean --tree` removes it, if all work in it is exported",
            folder.display()
        ),
    }
}

/// Makes the repository from the pinned sources or from `from`, unless it is there.
pub(crate) fn ensure(project: &Project, pin: &Pin, from: Option<&Path>) -> Result<()> {
    let folder = folder(project);
    if folder.exists() {
        if let Some(from) = from {
            refuse_other_source(&folder, from)?;
        }
        return check(project, pin);
    }
    // An interrupted import leaves only this behind, which the next one removes.
    let partial = folder.with_file_name("base.partial");
    remove(&partial)?;
    std::fs::create_dir_all(&partial)
        .with_context(|| format!("cannot make {}", partial.display()))?;
    let origin = source::unpack(project, pin, from, &partial)?;
    let stage = Stage::start("tree: import");
    let git = Git::at(&partial);
    import(&git, pin, &origin)?;
    let tree = git.text(&["rev-parse", "HEAD^{tree}"])?;
    if origin.is_pinned() && tree != pin.tree {
        remove(&partial)?;
        bail!(
            "the unpacked sources are not those that patches/linux.yaml pins:\n  \
             expected tree {}\n  found    tree {tree}",
            pin.tree
        );
    }
    std::fs::rename(&partial, &folder)
        .with_context(|| format!("cannot move {} into place", partial.display()))?;
    stage.done(format!("Linux {} from {origin}", pin.version));
    Ok(())
}

fn import(git: &Git, pin: &Pin, origin: &source::Origin) -> Result<()> {
    git.run(&["init", "--quiet", "--initial-branch", BRANCH])?;
    // Compressing 90,000 files for a repository that is never sent anywhere only takes time.
    git.run(&["config", "core.looseCompression", "0"])?;
    git.run(&["config", "gc.auto", "0"])?;
    show_new_files(git.dir())?;
    // With -f, since the kernel's .gitignore would leave out files that its tarball has.
    git.run(&["add", "--all", "--force"])?;
    let mut message = title(pin);
    if !origin.is_pinned() {
        message = format!("{message}\n\n{NOTE}{origin}");
    }
    let mut commit = git.command(&["commit", "--quiet", "--message", &message]);
    crate::process::capture(commit.envs(AUTHOR))?;
    Ok(())
}

/// Takes the rules of Debian's packaging out of `.gitignore`: they ignore every file, so that git
/// would neither show nor add the new files of somebody who works on the series.
fn show_new_files(tree: &Path) -> Result<()> {
    let path = tree.join(".gitignore");
    let Ok(rules) = std::fs::read_to_string(&path) else {
        return Ok(());
    };
    if let Some(end) = rules.find(PACKAGING) {
        std::fs::write(&path, &rules[..end])
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

fn title(pin: &Pin) -> String {
    format!("Linux {}", pin.version)
}

fn refuse_other_source(folder: &Path, from: &Path) -> Result<()> {
    let message = Git::at(folder).text(&["log", "-1", "--format=%B", BRANCH, "--"])?;
    let asked = source::Origin::Given(from.to_path_buf()).to_string();
    if message
        .lines()
        .any(|line| line.strip_prefix(NOTE) == Some(&asked))
    {
        return Ok(());
    }
    bail!(
        "{} was made from other sources than --source {}; \
         `cargo xtask clean --tree` removes it, if all work in it is exported",
        folder.display(),
        from.display()
    )
}

fn remove(folder: &Path) -> Result<()> {
    if folder.exists() {
        std::fs::remove_dir_all(folder)
            .with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    Ok(())
}
