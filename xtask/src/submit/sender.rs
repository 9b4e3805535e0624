// SPDX-License-Identifier: MIT OR Apache-2.0

//! Who sends the mails, and signs off for that.

use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::process;
use crate::project::Project;

/// The place of whoever wrote the patches, until somebody sends them: no mail can reach it.
const PLACEHOLDER: &str = "@example.org>";

/// A person, as git knows him.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sender {
    /// His name.
    pub(crate) name: String,
    /// Where mails reach him.
    pub(crate) email: String,
}

impl Sender {
    /// The one of git's configuration. An error says how to set it.
    pub(crate) fn of(project: &Project) -> Result<Self> {
        let ask = |name: &str| -> Result<String> {
            let mut command = Command::new("git");
            command
                .current_dir(&project.root)
                .args(["config", "--get", name]);
            let (_, value, _) = process::collect(&mut command)?;
            let value = value.trim().to_owned();
            let how = "it is the sender's, who signs off: `git config --global";
            ensure!(
                !value.is_empty(),
                "git has no {name}; {how} {name} …` sets it"
            );
            Ok(value)
        };
        Ok(Self {
            name: ask("user.name")?,
            email: ask("user.email").context("no address to send from")?,
        })
    }

    /// `NAME <ADDRESS>`.
    pub(crate) fn address(&self) -> String {
        format!("{} <{}>", self.name, self.email)
    }

    /// What git is told of who commits.
    pub(crate) fn environment(&self) -> [(&'static str, &str); 2] {
        [
            ("GIT_COMMITTER_NAME", &self.name),
            ("GIT_COMMITTER_EMAIL", &self.email),
        ]
    }

    /// The mail of a patch with the sender in place of the placeholder for its author. A person who
    /// wrote it stays.
    pub(crate) fn author(&self, mail: &str) -> String {
        let mut done = false;
        let lines = mail.split_inclusive('\n').map(|line| {
            if done || !line.starts_with("From: ") {
                return line.to_owned();
            }
            done = true;
            match line.trim_end().ends_with(PLACEHOLDER) {
                true => format!("From: {}\n", self.address()),
                false => line.to_owned(),
            }
        });
        lines.collect()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Somebody.
    pub(crate) fn somebody() -> Sender {
        Sender {
            name: "Ada Sender".to_owned(),
            email: "ada@localhost".to_owned(),
        }
    }

    #[test]
    fn only_the_placeholder_gives_way_to_the_sender() {
        let mail = |from: &str| format!("From 0\nFrom: {from}\nSubject: a\n\nFrom: b\n");
        let sender = somebody();
        let replaced = sender.author(&mail("Developers <connector@example.org>"));
        assert_eq!(replaced, mail("Ada Sender <ada@localhost>"));
        assert_eq!(
            sender.author(&mail("B <b@localhost>")),
            mail("B <b@localhost>")
        );
    }
}
