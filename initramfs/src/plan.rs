// SPDX-License-Identifier: MIT OR Apache-2.0

//! The plan of PID 1: a text with one `scenario`, `env` or step a line.

use std::fmt;
use std::str::FromStr;

use anyhow::{Context, Error, Result, bail, ensure};

/// The parts of a plan, one for each scenario that shares the guest, in their order.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Never empty in a plan that was read.
    pub parts: Vec<Part>,
}

/// The part of one scenario.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// The scenario's name, one word.
    pub scenario: String,
    /// Variables that every program gets, for example `CN_FILTER`. No value holds a line break.
    pub env: Vec<(String, String)>,
    /// Each is a planned test at the top level of the results, named as it is written.
    pub steps: Vec<Step>,
}

/// One thing to do. Words are separated by white space; there is no quoting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// `load NAME.ko [PARAMETER=VALUE…]`: loads a module.
    Load {
        /// File name in [`crate::MODULES`].
        module: String,
        /// As they would be given to `insmod`.
        parameters: Vec<String>,
    },
    /// `unload NAME`: removes a module.
    Unload {
        /// The module's name, without `.ko`.
        module: String,
    },
    /// `run NAME [ARGUMENT…]`: a program that prints KTAP; ends well with exit status 0.
    Run(Call),
    /// `exec NAME [ARGUMENT…]`: any other program; ends well with exit status 0.
    Exec(Call),
    /// `attach NAME [ARGUMENT…]`: a program that a person talks to, on the first serial port.
    Attach(Call),
}

/// A program and what it is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// File name in [`crate::PROGRAMS`].
    pub program: String,
    /// Its arguments, without its own name.
    pub arguments: Vec<String>,
}

impl FromStr for Step {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut words = text.split_whitespace().map(str::to_owned);
        let verb = words.next().context("the step is empty")?;
        let name = words
            .next()
            .with_context(|| format!("`{text}` names nothing to {verb}"))?;
        let rest: Vec<String> = words.collect();
        let call = |program, arguments| Call { program, arguments };
        Ok(match verb.as_str() {
            "load" if !name.ends_with(".ko") => {
                bail!("`{text}` should name a file, for example `load {name}.ko`")
            }
            "load" => Self::Load {
                module: name,
                parameters: rest,
            },
            "unload" if name.ends_with(".ko") || !rest.is_empty() => {
                bail!("`{text}` should name one module without `.ko`")
            }
            "unload" => Self::Unload { module: name },
            "run" => Self::Run(call(name, rest)),
            "exec" => Self::Exec(call(name, rest)),
            "attach" => Self::Attach(call(name, rest)),
            _ => bail!("`{text}` starts with none of `load`, `unload`, `run`, `exec`, `attach`"),
        })
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (verb, name, rest) = match self {
            Self::Load { module, parameters } => ("load", module, parameters.as_slice()),
            Self::Unload { module } => ("unload", module, [].as_slice()),
            Self::Run(call) => ("run", &call.program, call.arguments.as_slice()),
            Self::Exec(call) => ("exec", &call.program, call.arguments.as_slice()),
            Self::Attach(call) => ("attach", &call.program, call.arguments.as_slice()),
        };
        write!(f, "{verb} {name}")?;
        rest.iter().try_for_each(|word| write!(f, " {word}"))
    }
}

impl FromStr for Plan {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut parts: Vec<Part> = Vec::new();
        for line in text.lines() {
            if let Some(name) = line.strip_prefix("scenario ") {
                parts.push(Part {
                    scenario: name.to_owned(),
                    ..Part::default()
                });
                continue;
            }
            let part = parts.last_mut();
            let part = part.with_context(|| format!("`{line}` comes before any `scenario`"))?;
            if let Some(pair) = line.strip_prefix("env ") {
                let (name, value) = pair
                    .split_once('=')
                    .with_context(|| format!("`{line}` has no `=`"))?;
                part.env.push((name.to_owned(), value.to_owned()));
            } else {
                part.steps.push(line.parse()?);
            }
        }
        ensure!(!parts.is_empty(), "it has no `scenario`");
        Ok(Self { parts })
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.parts {
            writeln!(f, "scenario {}", part.scenario)?;
            for (name, value) in &part.env {
                writeln!(f, "env {name}={value}")?;
            }
            part.steps
                .iter()
                .try_for_each(|step| writeln!(f, "{step}"))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_reads_back_as_written() {
        let text = "scenario bind\n\
                    env CN_FILTER=^a b=c$\n\
                    load cn_probe.ko debug=1\n\
                    run probes bind\n\
                    exec ucon -t\n\
                    attach busybox sh\n\
                    unload cn_probe\n\
                    scenario events\n\
                    run probes events\n";
        let plan: Plan = text.parse().unwrap();
        let [bind, events] = &plan.parts[..] else {
            panic!("{plan:?}")
        };
        assert_eq!(bind.env, [("CN_FILTER".to_owned(), "^a b=c$".to_owned())]);
        assert_eq!((bind.steps.len(), events.steps.len()), (5, 1));
        assert_eq!(events.env, []);
        assert_eq!(plan.to_string(), text);
    }

    #[test]
    fn a_step_of_no_scenario_is_refused() {
        for text in ["", "run probes bind\n", "env A=b\nscenario bind\n"] {
            assert!(text.parse::<Plan>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_step_that_says_nothing_sensible_is_refused() {
        for (text, complaint) in [
            ("", "empty"),
            ("run", "nothing to run"),
            ("start probes", "none of `load`"),
            ("load cn_probe", "`load cn_probe.ko`"),
            ("unload cn_probe.ko", "without `.ko`"),
            ("unload two modules", "one module"),
        ] {
            let error = text.parse::<Step>().unwrap_err().to_string();
            assert!(error.contains(complaint), "{text}: {error}");
        }
    }
}
