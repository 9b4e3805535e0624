// SPDX-License-Identifier: MIT OR Apache-2.0

//! Reads Kconfig files from the root on, and keeps what concerns one option.

use std::path::Path;

use crate::arch::Arch;

/// A place that defines the option.
pub(crate) struct Definition {
    /// File and line, relative to the tree.
    pub(crate) place: String,
    /// Everything that it depends on, from the outermost `if` or `menu` to its own `depends on`.
    pub(crate) conditions: Vec<String>,
    /// Whether a person, and so a fragment, can set it.
    pub(crate) has_prompt: bool,
}

/// What the Kconfig files say of one option.
pub(crate) struct Reader<'a> {
    tree: &'a Path,
    arch: Arch,
    name: &'a str,
    /// The conditions of each `if`, `menu` and `choice` that is open, the outermost first.
    open: Vec<Vec<String>>,
    /// The entry that attributes such as `depends on` belong to.
    entry: Entry,
    /// Where the option is defined.
    pub(crate) definitions: Vec<Definition>,
    /// The options that select it, each with its condition.
    pub(crate) selected_by: Vec<(String, String)>,
}

enum Entry {
    /// An option of this name.
    Option(String),
    /// A menu or choice: its attributes hold for what is inside.
    Block,
    /// Anything else.
    Other,
}

impl<'a> Reader<'a> {
    /// Reads the whole of `tree`, as far as it is for `arch`, for the option `name`.
    pub(crate) fn read(tree: &'a Path, arch: Arch, name: &'a str) -> Self {
        let mut reader = Self {
            tree,
            arch,
            name,
            open: Vec::new(),
            entry: Entry::Other,
            definitions: Vec::new(),
            selected_by: Vec::new(),
        };
        reader.file("Kconfig");
        reader
    }

    /// Reads one file; one that is not there is passed over (`osource`, other architectures).
    fn file(&mut self, path: &str) {
        let Ok(text) = std::fs::read_to_string(self.tree.join(path)) else {
            return;
        };
        let mut lines = text.lines().enumerate().peekable();
        // The indentation that the text of a help block begins with ends it when undercut.
        let mut help: Option<Option<usize>> = None;
        while let Some((index, line)) = lines.next() {
            let indent = indentation(line);
            match help {
                Some(_) if line.trim().is_empty() => continue,
                Some(None) if indent > 0 => {
                    help = Some(Some(indent));
                    continue;
                }
                Some(Some(least)) if indent >= least => continue,
                _ => help = None,
            }
            let mut statement = line.trim().to_owned();
            while let Some(start) = statement.strip_suffix('\\') {
                let next = lines.next().map_or("", |(_, line)| line.trim());
                statement = format!("{} {next}", start.trim_end());
            }
            if statement == "help" {
                help = Some(None);
            } else {
                self.statement(&statement, &format!("{path}:{}", index + 1));
            }
        }
    }

    fn statement(&mut self, statement: &str, place: &str) {
        let (keyword, rest) = statement
            .split_once(char::is_whitespace)
            .map_or((statement, ""), |(keyword, rest)| (keyword, rest.trim()));
        match keyword {
            "source" => {
                let path = rest.trim_matches('"');
                self.file(&path.replace("$(SRCARCH)", self.arch.of_kernel()));
            }
            "config" | "menuconfig" => self.option(rest, place),
            "if" => self.block(vec![rest.to_owned()]),
            "menu" | "choice" => self.block(Vec::new()),
            "comment" => self.entry = Entry::Other,
            "endif" | "endmenu" | "endchoice" => {
                self.open.pop();
                self.entry = Entry::Other;
            }
            _ => self.attribute(keyword, rest),
        }
    }

    fn block(&mut self, conditions: Vec<String>) {
        self.open.push(conditions);
        self.entry = Entry::Block;
    }

    fn option(&mut self, name: &str, place: &str) {
        self.entry = Entry::Option(name.to_owned());
        if name == self.name {
            self.definitions.push(Definition {
                place: place.to_owned(),
                conditions: self.open.concat(),
                has_prompt: false,
            });
        }
    }

    fn attribute(&mut self, keyword: &str, rest: &str) {
        match &self.entry {
            Entry::Option(option) if keyword == "select" => {
                let (selected, condition) = rest.split_once(" if ").unwrap_or((rest, "y"));
                if selected.trim() == self.name {
                    self.selected_by
                        .push((option.clone(), condition.to_owned()));
                }
            }
            Entry::Option(option) if option == self.name => {
                if let Some(definition) = self.definitions.last_mut() {
                    definition.attribute(keyword, rest);
                }
            }
            Entry::Block => {
                if let Some(open) = self.open.last_mut() {
                    open.extend(dependency(keyword, rest));
                }
            }
            Entry::Option(_) | Entry::Other => {}
        }
    }
}

impl Definition {
    fn attribute(&mut self, keyword: &str, rest: &str) {
        let may_prompt = ["bool", "tristate", "string", "int", "hex", "prompt"].contains(&keyword);
        if may_prompt && rest.starts_with('"') {
            self.has_prompt = true;
            let condition = rest.rsplit_once("\" if ").map(|(_, condition)| condition);
            self.conditions.extend(condition.map(str::to_owned));
        }
        self.conditions.extend(dependency(keyword, rest));
    }
}

/// The expression of `depends on A`, and of `depends on A if B`, which is void without B.
fn dependency(keyword: &str, rest: &str) -> Option<String> {
    let expression = rest.strip_prefix("on ").filter(|_| keyword == "depends")?;
    Some(match expression.split_once(" if ") {
        Some((what, when)) => format!("!({when}) || ({what})"),
        None => expression.trim().to_owned(),
    })
}

/// Columns of white space at the start; a tab reaches to the next multiple of 8.
fn indentation(line: &str) -> usize {
    line.chars()
        .take_while(|c| c.is_whitespace())
        .fold(0, |column, c| {
            if c == '\t' {
                (column / 8 + 1) * 8
            } else {
                column + 1
            }
        })
}
