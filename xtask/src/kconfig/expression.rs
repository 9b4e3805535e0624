// SPDX-License-Identifier: MIT OR Apache-2.0

//! Kconfig's dependency expressions, evaluated against a finished configuration.
//!
//! The rules are those of Documentation/kbuild/kconfig-language.rst, "Menu dependencies".

use std::collections::BTreeMap;

/// A tristate: `n` < `m` < `y`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tristate {
    /// Off.
    No,
    /// A module.
    Module,
    /// Built in.
    Yes,
}

/// Options and their values as in `.config`, without the `CONFIG_`; what is off is left out.
pub(crate) type Values = BTreeMap<String, String>;

/// The value of `text`, and the options that it names.
///
/// What only Kconfig itself can tell, `$(…)`, counts as `y`, and so does what is malformed: this
/// is asked why an option is off, and a guess must not be blamed.
pub(crate) fn evaluate(text: &str, values: &Values) -> (Tristate, Vec<String>) {
    let mut parser = Parser {
        tokens: tokens(text),
        next: 0,
        values,
        names: Vec::new(),
    };
    let value = parser.or();
    (value, parser.names)
}

fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => rest[1..].find('"').map_or(rest.len(), |end| end + 2),
            '$' => macro_length(rest),
            '(' | ')' => 1,
            '!' | '<' | '>' if rest[1..].starts_with('=') => 2,
            '!' | '<' | '>' | '=' => 1,
            '&' | '|' => 2.min(rest.len()),
            _ => rest
                .find(|c: char| !(c.is_alphanumeric() || "_-.".contains(c)))
                .unwrap_or(rest.len())
                .max(first.len_utf8()),
        };
        tokens.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    tokens
}

/// The length of `$(…)`, whose parentheses may be nested.
fn macro_length(text: &str) -> usize {
    let mut depth = 0_usize;
    for (index, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth <= 1 => return index + 1,
            ')' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

struct Parser<'a> {
    tokens: Vec<String>,
    next: usize,
    values: &'a Values,
    names: Vec<String>,
}

impl Parser<'_> {
    fn take(&mut self, wanted: &str) -> bool {
        let there = self
            .tokens
            .get(self.next)
            .is_some_and(|token| token == wanted);
        self.next += usize::from(there);
        there
    }

    fn or(&mut self) -> Tristate {
        let mut value = self.and();
        while self.take("||") {
            value = value.max(self.and());
        }
        value
    }

    fn and(&mut self) -> Tristate {
        let mut value = self.term();
        while self.take("&&") {
            value = value.min(self.term());
        }
        value
    }

    fn term(&mut self) -> Tristate {
        if self.take("!") {
            return match self.term() {
                Tristate::No => Tristate::Yes,
                Tristate::Module => Tristate::Module,
                Tristate::Yes => Tristate::No,
            };
        }
        if self.take("(") {
            let value = self.or();
            self.take(")");
            return value;
        }
        let left = self.word();
        for (sign, holds) in COMPARISONS {
            if self.take(sign) {
                let right = self.word();
                return match (left, right) {
                    (Some(left), Some(right)) if !holds(&left, &right) => Tristate::No,
                    _ => Tristate::Yes,
                };
            }
        }
        match left.as_deref() {
            Some("n" | "") => Tristate::No,
            Some("m") => Tristate::Module,
            Some("y") | None => Tristate::Yes,
            // A number or a string where a tristate is wanted is off, as in Kconfig.
            Some(_) => Tristate::No,
        }
    }

    /// The value of a constant or an option; nothing where it is not known here.
    fn word(&mut self) -> Option<String> {
        let token = self.tokens.get(self.next)?.clone();
        self.next += 1;
        if token.starts_with('$') || token.contains("$(") {
            return None;
        }
        if let Some(string) = token.strip_prefix('"') {
            return Some(string.trim_end_matches('"').to_owned());
        }
        let constant = matches!(token.as_str(), "y" | "m" | "n")
            || token.starts_with(|c: char| c.is_ascii_digit());
        if constant {
            return Some(token);
        }
        let value = self.values.get(&token).map_or("n", String::as_str);
        let value = value.trim_matches('"').to_owned();
        self.names.push(token);
        Some(value)
    }
}

type Holds = fn(&str, &str) -> bool;

const COMPARISONS: [(&str, Holds); 6] = [
    ("=", |a, b| a == b),
    ("!=", |a, b| a != b),
    ("<=", |a, b| number(a) <= number(b)),
    (">=", |a, b| number(a) >= number(b)),
    ("<", |a, b| number(a) < number(b)),
    (">", |a, b| number(a) > number(b)),
];

fn number(text: &str) -> i64 {
    text.parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_evaluated_as_kconfig_does() {
        let values: Values = [
            ("NET", "y"),
            ("W1", "m"),
            ("CLANG", "220108"),
            ("NAME", "\"x\""),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        let value = |text| evaluate(text, &values).0;
        assert_eq!(value("NET"), Tristate::Yes);
        assert_eq!(value("NET && W1"), Tristate::Module);
        assert_eq!(value("W1 || NET"), Tristate::Yes);
        assert_eq!(value("!NET"), Tristate::No);
        assert_eq!(value("!(NET && OFF)"), Tristate::Yes);
        assert_eq!(value("!W1"), Tristate::Module);
        assert_eq!(value("W1=y"), Tristate::No);
        assert_eq!(value("OFF != n || OFF"), Tristate::No);
        assert_eq!(value("CLANG >= 190000"), Tristate::Yes);
        assert_eq!(value("CLANG < 190000"), Tristate::No);
        assert_eq!(value("NAME = \"x\""), Tristate::Yes);
        assert_eq!(value("$(cc-option,-f(x)) && NET"), Tristate::Yes);
    }

    #[test]
    fn the_options_of_an_expression_are_named() {
        let (_, names) = evaluate("A && !B || (C = y)", &Values::new());
        assert_eq!(names, ["A", "B", "C"]);
    }
}
