// SPDX-License-Identifier: MIT OR Apache-2.0

//! A mail of a series, taken apart.

use std::path::PathBuf;

/// A patch, or the cover letter, which changes no file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Patch {
    /// Where the file is.
    pub(crate) path: PathBuf,
    /// What stands in brackets before the subject: `PATCH net-next 03/14`.
    pub(crate) tag: String,
    /// The subject, in one line.
    pub(crate) subject: String,
    /// The header `From:`.
    pub(crate) author: String,
    /// The message, without the subject and without empty lines at its ends.
    pub(crate) body: Vec<String>,
    /// What it does to each file.
    pub(crate) files: Vec<Change>,
}

/// What a patch does to a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Change {
    /// Its path in the kernel's tree.
    pub(crate) path: String,
    /// Whether the patch adds it.
    pub(crate) is_new: bool,
    /// Whether the patch removes it.
    pub(crate) is_gone: bool,
    /// The lines that come.
    pub(crate) added: Vec<String>,
    /// The lines that go.
    pub(crate) removed: Vec<String>,
}

impl Patch {
    /// Takes `text`, as `git format-patch` writes it, apart.
    pub(crate) fn parse(path: PathBuf, text: &str) -> Self {
        let (head, rest) = text.split_once("\n\n").unwrap_or((text, ""));
        let headers = unfold(head);
        let header = |name: &str| {
            let found = headers.iter().find_map(|line| line.strip_prefix(name));
            found.unwrap_or_default().trim().to_owned()
        };
        let subject = header("Subject:");
        let (tag, subject) = match subject.strip_prefix('[').and_then(|s| s.split_once(']')) {
            Some((tag, subject)) => (tag.to_owned(), subject.trim().to_owned()),
            None => (String::new(), subject),
        };
        let body = rest.lines().take_while(|line| *line != "---");
        Self {
            path,
            tag,
            subject,
            author: header("From:"),
            body: trimmed(body),
            files: changes(rest),
        }
    }

    /// The name of the file.
    pub(crate) fn name(&self) -> String {
        let name = self.path.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// The values of the trailers of this name, for example `Fixes`.
    pub(crate) fn trailers<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.body.iter().filter_map(move |line| {
            let value = line.strip_prefix(name)?.strip_prefix(':')?;
            Some(value.trim())
        })
    }
}

/// Joins what mail folds: a line that begins with white space goes on from the one before.
fn unfold(head: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in head.lines() {
        match lines.last_mut() {
            Some(last) if line.starts_with([' ', '\t']) => {
                last.push(' ');
                last.push_str(line.trim());
            }
            _ => lines.push(line.to_owned()),
        }
    }
    lines
}

fn trimmed<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut lines: Vec<_> = lines.map(str::to_owned).collect();
    while lines.last().is_some_and(|line| line.trim().is_empty()) {
        lines.pop();
    }
    let empty = lines
        .iter()
        .take_while(|line| line.trim().is_empty())
        .count();
    lines.split_off(empty)
}

/// How many lines of a hunk are still to come, of the old file and of the new one.
struct Left {
    old: usize,
    new: usize,
}

fn changes(text: &str) -> Vec<Change> {
    let mut files: Vec<Change> = Vec::new();
    let mut left = Left { old: 0, new: 0 };
    for line in text.lines() {
        if let Some(paths) = line.strip_prefix("diff --git a/") {
            let path = paths.split_once(" b/").map_or(paths, |(_, path)| path);
            files.push(Change {
                path: path.to_owned(),
                ..Change::default()
            });
        }
        let Some(file) = files.last_mut() else {
            continue;
        };
        if left.old + left.new > 0 {
            read_hunk(line, file, &mut left);
        } else if let Some(hunk) = line.strip_prefix("@@ -") {
            left = hunk_sizes(hunk);
        } else if line.starts_with("new file mode") {
            file.is_new = true;
        } else if line.starts_with("deleted file mode") {
            file.is_gone = true;
        }
    }
    files
}

fn read_hunk(line: &str, file: &mut Change, left: &mut Left) {
    match line.as_bytes().first() {
        Some(b'+') => {
            file.added.push(line[1..].to_owned());
            left.new = left.new.saturating_sub(1);
        }
        Some(b'-') => {
            file.removed.push(line[1..].to_owned());
            left.old = left.old.saturating_sub(1);
        }
        // "\ No newline at end of file" is no line of either.
        Some(b'\\') => {}
        _ => {
            left.old = left.old.saturating_sub(1);
            left.new = left.new.saturating_sub(1);
        }
    }
}

/// Reads `12,7 +12,9 @@`; a size that is left out is 1.
fn hunk_sizes(hunk: &str) -> Left {
    let size = |word: Option<&str>| {
        let word = word.unwrap_or_default();
        match word.split_once(',') {
            Some((_, size)) => size.parse().unwrap_or(0),
            None => 1,
        }
    };
    let mut words = hunk.split_whitespace();
    Left {
        old: size(words.next()),
        new: size(words.next()),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A patch of one file, as `git format-patch` would write it.
    pub(crate) fn mail(subject: &str, body: &str, path: &str, lines: &[&str]) -> Patch {
        let count = |sign: char| lines.iter().filter(|line| line.starts_with(sign)).count();
        let text = format!(
            "From 0 Mon Sep 17 00:00:00 2001\nFrom: A. Uthor <author@localhost>\n\
             Date: Mon, 23 Nov 2026 20:42:37 +0000\nSubject: [PATCH net 1/2] {subject}\n\n\
             {body}\n---\n {path} | 2 +-\n\ndiff --git a/{path} b/{path}\n\
             index 1..2 100644\n--- a/{path}\n+++ b/{path}\n@@ -1,{} +1,{} @@\n{}\n",
            count('-'),
            count('+'),
            lines.join("\n"),
        );
        Patch::parse(PathBuf::from("0001-a.patch"), &text)
    }

    #[test]
    fn a_mail_is_taken_apart() {
        let text = "From 0 Mon Sep 17 00:00:00 2001\nFrom: A. Uthor <author@localhost>\n\
            Subject: [PATCH net 1/9] connector: Let the unprivileged\n join only one\n\n\
            Why.\n\nWhat.\n\nFixes: 0123456789ab (\"title\")\n---\n a.c | 2 +-\n\n\
            diff --git a/a.c b/a.c\nindex 1..2 100644\n--- a/a.c\n+++ b/a.c\n\
            @@ -1,3 +1,3 @@ context\n one\n--- two\n+++ two\n three\n\
            diff --git a/b.rs b/b.rs\nnew file mode 100644\n--- /dev/null\n+++ b/b.rs\n\
            @@ -0,0 +1 @@\n+first\n";
        let patch = Patch::parse(PathBuf::from("x/0001-a.patch"), text);
        assert_eq!(patch.name(), "0001-a.patch");
        assert_eq!(patch.tag, "PATCH net 1/9");
        assert_eq!(
            patch.subject,
            "connector: Let the unprivileged join only one"
        );
        assert_eq!(patch.author, "A. Uthor <author@localhost>");
        assert_eq!(patch.body.len(), 5);
        let fixes: Vec<_> = patch.trailers("Fixes").collect();
        assert_eq!(fixes, ["0123456789ab (\"title\")"]);
        assert_eq!(patch.files[0].removed, ["-- two"]);
        assert_eq!(patch.files[0].added, ["++ two"]);
        assert!(patch.files[1].is_new && !patch.files[0].is_new);
        assert_eq!(patch.files[1].added, ["first"]);
    }
}
