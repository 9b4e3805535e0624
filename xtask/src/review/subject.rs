// SPDX-License-Identifier: MIT OR Apache-2.0

//! What is reviewed: series as files and, as far as they apply, as commits.

use std::collections::BTreeSet;

use anyhow::{Context, Result};

use super::finding::Finding;
use super::patch::Patch;
use super::warnings::Warning;
use crate::flavor::Flavor;
use crate::git::Git;
use crate::project::Project;
use crate::source::Pin;
use crate::tree::{self, Mail, Tree};

/// The series of a flavor on the untouched sources.
pub(crate) struct Subject {
    /// Whose they are.
    pub(crate) project: Project,
    /// In the order in which they apply.
    pub(crate) series: Vec<Series>,
    /// A checkout of the last patch that applies; nobody works there.
    pub(crate) git: Git,
    /// What does not apply, and why.
    pub(crate) unfit: Option<(usize, usize, String)>,
}

/// A folder of patches.
pub(crate) struct Series {
    /// The folder's name.
    pub(crate) name: String,
    /// The kernel tree that it is for: `net-next`.
    pub(crate) target: String,
    /// The cover letter, if there is one.
    pub(crate) cover: Option<Patch>,
    /// The patches in their order.
    pub(crate) patches: Vec<Patch>,
    /// The commit of each patch that applies.
    pub(crate) commits: Vec<String>,
}

impl Subject {
    /// Reads the series of `flavor` and applies them to the untouched sources.
    pub(crate) fn load(project: &Project, flavor: &str) -> Result<Self> {
        let flavor = Flavor::named(project, flavor)?;
        let pin = Pin::load(project)?;
        let series: Result<Vec<_>> = flavor
            .series
            .iter()
            .map(|folder| Series::load(project, &pin, folder))
            .collect();
        let git = Tree::new(project, &pin).trial()?;
        Ok(Self::apply(project.clone(), series?, git))
    }

    /// Applies `series` to what is checked out in `git`.
    pub(crate) fn apply(project: Project, mut series: Vec<Series>, git: Git) -> Self {
        let mut unfit = None;
        'all: for (number, one) in series.iter_mut().enumerate() {
            for (index, patch) in one.patches.iter().enumerate() {
                let applied = tree::apply(&git, std::slice::from_ref(&patch.path))
                    .and_then(|()| git.text(&["rev-parse", "HEAD"]));
                match applied {
                    Ok(commit) => one.commits.push(commit),
                    Err(error) => {
                        unfit = Some((number, index, format!("{error:#}")));
                        break 'all;
                    }
                }
            }
        }
        Self {
            project,
            series,
            git,
            unfit,
        }
    }

    /// The commit that the first patch is on.
    pub(crate) fn base(&self) -> Result<String> {
        let first = self.series.iter().find_map(|series| series.commits.first());
        let first = first.context("no patch applies; see the check `applies`")?;
        self.git.text(&["rev-parse", &format!("{first}^")])
    }

    /// The commit of the last patch that applies.
    pub(crate) fn tip(&self) -> Result<String> {
        let commits = self.series.iter().flat_map(|series| &series.commits);
        let last = commits.last().cloned();
        last.context("no patch applies; see the check `applies`")
    }

    /// The paths of all files that the series touch, each once.
    pub(crate) fn touched(&self) -> BTreeSet<&str> {
        let files = self.patches().flat_map(|(_, patch, _)| &patch.files);
        files.map(|file| file.path.as_str()).collect()
    }

    /// Those of the warnings of `tool` that are about a touched file, as findings of the last patch
    /// that touches it.
    pub(crate) fn about_touched(&self, tool: &str, warnings: &BTreeSet<Warning>) -> Vec<Finding> {
        let found = warnings.iter().filter_map(|warning| {
            let file = warning.file.as_deref()?;
            let touches = |patch: &Patch| patch.files.iter().any(|change| change.path == file);
            let (series, patch, _) = self.patches().filter(|(_, p, _)| touches(p)).last()?;
            let what = format!("{tool}: {file}: {}", warning.text);
            Some(Finding::of(series, patch, what))
        });
        found.collect()
    }

    /// Each patch with its series and, if it applies, its commit.
    pub(crate) fn patches(&self) -> impl Iterator<Item = (&Series, &Patch, Option<&str>)> {
        self.series.iter().flat_map(|series| {
            let numbered = series.patches.iter().enumerate();
            numbered.map(move |(index, patch)| {
                let commit = series.commits.get(index).map(String::as_str);
                (series, patch, commit)
            })
        })
    }
}

impl Series {
    fn load(project: &Project, pin: &Pin, name: &str) -> Result<Self> {
        let folder = project.patches().join(name);
        let target = pin.series.get(name).with_context(|| {
            format!("patches/linux.yaml does not say under `series` which tree {name} is for")
        })?;
        let (patches, covers): (Vec<_>, Vec<_>) =
            tree::read(&folder)?.into_iter().partition(Mail::is_patch);
        let parse = |mail: Mail| Patch::parse(folder.join(&mail.name), &mail.text);
        Ok(Self {
            name: name.to_owned(),
            target: target.clone(),
            cover: covers.into_iter().next().map(parse),
            patches: patches.into_iter().map(parse).collect(),
            commits: Vec::new(),
        })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::path::PathBuf;

    use super::super::patch::tests::mail;
    use super::*;
    use crate::lock::Lock;
    use crate::project::scratch;

    /// A subject of one series for `target`, none of whose patches is applied.
    pub(crate) fn subject(target: &str, patches: Vec<Patch>) -> Subject {
        Subject {
            project: scratch().1,
            series: vec![Series {
                name: "fixes".to_owned(),
                target: target.to_owned(),
                cover: None,
                patches,
                commits: Vec::new(),
            }],
            git: Git::at("/no/such/folder"),
            unfit: None,
        }
    }

    /// What a check says of a bad patch and of a good one.
    #[derive(Debug)]
    pub(crate) struct Found {
        pub(crate) bad: Vec<String>,
        pub(crate) good: Vec<String>,
    }

    /// What `check` says of patches that add `path` to the kernel's real tree, with what `content`
    /// gives for `bad` and `good`. The tree is made if it lacks.
    pub(crate) fn real(
        check: fn(&Subject) -> Result<Vec<Finding>>,
        path: &str,
        content: impl Fn(&str) -> &'static str,
    ) -> Found {
        let project = Project::locate().unwrap();
        let pin = Pin::load(&project).unwrap();
        let _lock = Lock::wait(&project.target).unwrap();
        let of = |content: &str| {
            let git = Tree::new(&project, &pin).trial().unwrap();
            let folder = tempfile::tempdir().unwrap();
            let patch = adding(folder.path().join("0001-a.patch"), path, content);
            let series = subject("net", vec![patch]).series;
            let subject = Subject::apply(project.clone(), series, git);
            assert_eq!(subject.unfit, None);
            let found = check(&subject).unwrap();
            found.into_iter().map(|finding| finding.what).collect()
        };
        Found {
            bad: of(content("bad")),
            good: of(content("good")),
        }
    }

    #[test]
    fn a_warning_belongs_to_the_last_patch_that_touches_its_file() {
        let patch = |name: &str| {
            let mut patch = mail("connector: Do it", "Why.", "a.c", &["-a", "+b"]);
            patch.path = PathBuf::from(name);
            patch
        };
        let subject = subject("net", vec![patch("0001-a.patch"), patch("0002-b.patch")]);
        let about = |file: &str| Warning {
            file: Some(file.to_owned()),
            text: "odd".to_owned(),
        };
        let found = subject.about_touched("clippy", &[about("a.c"), about("b.c")].into());
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].to_string(), "fixes/0002-b.patch: clippy: a.c: odd");
    }

    /// Writes a patch that adds a file.
    fn adding(place: PathBuf, path: &str, content: &str) -> Patch {
        let lines: Vec<_> = content.lines().map(|line| format!("+{line}\n")).collect();
        let text = format!(
            "From: A. Uthor <author@localhost>\nDate: Mon, 23 Nov 2026 20:42:37 +0000\n\
             Subject: [PATCH] connector: Add a file\n\nIt was not there.\n---\n\
             diff --git a/{path} b/{path}\nnew file mode 100644\nindex 000000000000..111111111111\n\
             --- /dev/null\n+++ b/{path}\n@@ -0,0 +1,{} @@\n{}",
            lines.len(),
            lines.concat()
        );
        std::fs::write(&place, &text).unwrap();
        Patch::parse(place, &text)
    }
}
