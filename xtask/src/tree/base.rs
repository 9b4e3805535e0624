// SPDX-License-Identifier: MIT OR Apache-2.0

//! The repository of the work trees, and its first commit: the pinned sources, and nothing else.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::cache::{self, SOURCES};
use crate::git::Git;
use crate::lock::Lock;
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

/// The folder of the repository, which has no files checked out; its work trees are beside it.
pub(crate) fn repository(project: &Project) -> PathBuf {
    project.target.join("tree").join("linux.git")
}

/// The content of the sources, as a git tree id: what they are if they are there, else what is
/// pinned.
pub(crate) fn id(project: &Project, pin: &Pin) -> Result<String> {
    let folder = repository(project);
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
    let folder = repository(project);
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
    let folder = repository(project);
    if folder.exists() {
        if let Some(from) = from {
            refuse_other_source(&folder, from)?;
        }
        return check(project, pin);
    }
    let parent = project.target.join("tree");
    create(&parent)?;
    if from.is_some() {
        return import(project, pin, from, &folder);
    }
    let kept = {
        let _lock = Lock::of_fetches(&project.cache)?;
        let sources = project.cache.join(SOURCES);
        create(&sources)?;
        let kept = sources.join(format!("{}.git", pin.tree));
        if !kept.exists() {
            import(project, pin, None, &kept)?;
        }
        kept
    };
    // Its objects become links to those in the cache, which may go without harm.
    let stage = Stage::start("tree: clone");
    let partial = partial_of(&folder)?;
    let (from, to) = (kept.to_string_lossy(), partial.to_string_lossy());
    Git::at(&parent).run(&["clone", "--quiet", "--bare", "--local", &from, &to])?;
    keep_bare_to_itself(&Git::at(&partial))?;
    move_into_place(&partial, &folder)?;
    stage.done(format!("Linux {}", pin.version));
    Ok(())
}

/// Makes the repository `folder` of what is fetched, or of `from`.
fn import(project: &Project, pin: &Pin, from: Option<&Path>, folder: &Path) -> Result<()> {
    let partial = partial_of(folder)?;
    create(&partial)?;
    let files = partial.join("files");
    create(&files)?;
    let origin = source::unpack(project, pin, from, &files)?;
    show_new_files(&files)?;
    let stage = Stage::start("tree: import");
    commit(&Git::at(&files), pin, &origin)?;
    let repository = files.join(".git");
    let git = Git::at(&repository);
    keep_bare_to_itself(&git)?;
    let tree = git.text(&["rev-parse", "HEAD^{tree}"])?;
    if origin.is_pinned() && tree != pin.tree {
        cache::remove(&partial)?;
        bail!(
            "the unpacked sources are not those that patches/linux.yaml pins:\n  \
             expected tree {}\n  found    tree {tree}",
            pin.tree
        );
    }
    move_into_place(&repository, folder)?;
    cache::remove(&partial)?;
    stage.done(format!("Linux {} from {origin}", pin.version));
    Ok(())
}

fn commit(git: &Git, pin: &Pin, origin: &source::Origin) -> Result<()> {
    git.run(&["init", "--quiet", "--initial-branch", BRANCH])?;
    git.run(&["config", "gc.auto", "0"])?;
    // With -f, since the kernel's .gitignore would leave out files that its tarball has. As large
    // files, they go into one pack at once; to compress them only takes time.
    let large = ["-c", "core.bigFileThreshold=1", "-c", "core.compression=0"];
    git.run(&[large.as_slice(), &["add", "--all", "--force"]].concat())?;
    let mut message = title(pin);
    if !origin.is_pinned() {
        message = format!("{message}\n\n{NOTE}{origin}");
    }
    let mut commit = git.command(&["commit", "--quiet", "--message", &message]);
    crate::process::capture(commit.envs(AUTHOR))?;
    Ok(())
}

/// Makes a repository bare, but not its work trees, as git-worktree(1) has it: programs that read
/// `core.bare` by themselves would take them for bare, too.
fn keep_bare_to_itself(git: &Git) -> Result<()> {
    git.run(&["config", "extensions.worktreeConfig", "true"])?;
    git.run(&["config", "--unset", "core.bare"])?;
    git.run(&["config", "--worktree", "core.bare", "true"])?;
    // git itself does, too: a branch that is checked out there could be nowhere else.
    let tip = git.text(&["rev-parse", BRANCH])?;
    git.run(&["update-ref", "--no-deref", "HEAD", &tip])
}

/// The place of a repository that is being made. An interrupted one is all that is ever left in it.
fn partial_of(folder: &Path) -> Result<PathBuf> {
    let partial = folder.with_extension("partial");
    cache::remove(&partial)?;
    Ok(partial)
}

fn create(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))
}

fn move_into_place(partial: &Path, folder: &Path) -> Result<()> {
    std::fs::rename(partial, folder)
        .with_context(|| format!("cannot move {} into place", partial.display()))
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
