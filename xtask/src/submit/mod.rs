// SPDX-License-Identifier: MIT OR Apache-2.0

//! `cargo xtask submit`: a series as mails, exactly as they go out.

mod mails;
mod previous;
mod recipients;
mod sender;

use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use crate::doctor::{self, Need, Permission};
use crate::flavor::Flavor;
use crate::lock::Lock;
use crate::project::Project;
use crate::review;
use crate::source::Pin;
use mails::{Letter, Mails};
use recipients::Recipients;
use sender::Sender;

const EXAMPLES: &str = "\
Examples:
  cargo xtask submit --series fixes --dry-run
      [PATCH net 0/15] and so on, in target/submit/fixes
  cargo xtask submit --series rust --reroll 2 --previous sent-v1 --dry-run
      [PATCH net-next v2 …], with what has changed since the revision sent-v1 of this project
  cargo xtask submit --series fixes --base $(git -C ~/linux rev-parse v7.3.4) --really-send
      reviews, asks, and sends with git send-email

The sender, who also signs off, is user.name and user.email of git's configuration.";

/// What `submit` is told.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// The folder of patches/ that is sent
    #[arg(long, value_name = "NAME")]
    series: String,
    /// Which attempt it is
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    reroll: u32,
    /// The revision of this project that was sent before, to tell what has changed
    #[arg(long, value_name = "REVISION")]
    previous: Option<String>,
    /// The commit of the kernel's own repository that the series applies to
    #[arg(long, value_name = "HASH")]
    base: Option<String>,
    /// Where the mails go, in place of target/submit/NAME
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Only make the mails, which is what is done without --really-send, too
    #[arg(long, conflicts_with = "really_send")]
    dry_run: bool,
    /// Send them
    #[arg(long, requires = "base")]
    really_send: bool,
    #[command(flatten)]
    permission: Permission,
}

/// Makes the mails, says to whom each goes, and sends them if that is asked for.
pub(crate) fn run(project: &Project, options: &Options) -> Result<()> {
    let sender = Sender::of(project)?;
    doctor::require(project, &[Need::Review], options.permission)?;
    if options.really_send {
        review::quick(project).context("nothing is sent")?;
    }
    let pin = Pin::load(project)?;
    let flavor = Flavor::named(project, review::WHOLE)?;
    let below = flavor
        .series
        .iter()
        .position(|name| *name == options.series);
    let below = below.with_context(|| {
        let all = flavor.series.join(", ");
        format!("there is no series {}; there are {all}", options.series)
    })?;
    check_base(options.base.as_deref())?;
    let _lock = Lock::wait(&project.target)?;
    let out = options.out.clone();
    let mails = Mails {
        project,
        pin: &pin,
        sender: &sender,
        below: &flavor.series[..below],
        series: &options.series,
        reroll: options.reroll,
        base: options.base.as_deref(),
        previous: options.previous.as_deref(),
        out: out.unwrap_or_else(|| project.target.join("submit").join(&options.series)),
    };
    let letters = mails.make()?;
    letters.iter().for_each(show);
    println!("{} mails in {}", letters.len(), mails.out.display());
    if options.really_send {
        return send(&sender, &letters);
    }
    eprintln!("       … nothing was sent");
    if options.base.is_none() {
        eprintln!(
            "       … their base-commit is one of this machine; give that of the kernel's own \
             repository with --base"
        );
    }
    Ok(())
}

fn check_base(base: Option<&str>) -> Result<()> {
    let is_hash = |text: &str| text.len() == 40 && text.bytes().all(|b| b.is_ascii_hexdigit());
    if let Some(base) = base {
        ensure!(
            is_hash(base),
            "--base {base} is no commit of 40 digits; give all of them"
        );
    }
    Ok(())
}

fn show(letter: &Letter) {
    println!("{}", letter.subject);
    let Recipients { to, cc } = &letter.recipients;
    println!("    to {}, copies to {}", to.len(), cc.len());
}

/// Hands the mails to `git send-email`, which asks before it sends the first.
fn send(sender: &Sender, letters: &[Letter]) -> Result<()> {
    let mut command = std::process::Command::new("git");
    command
        .args([
            "send-email",
            "--confirm=always",
            "--no-thread",
            "--no-chain-reply-to",
        ])
        // The mails say themselves who gets them, and what they answer.
        .args([
            "--suppress-cc=author",
            "--suppress-cc=sob",
            "--suppress-cc=bodycc",
        ])
        .args(["--suppress-cc=misc-by", "--no-validate"])
        .arg(format!("--from={}", sender.address()))
        .args(letters.iter().map(|letter| &letter.path));
    let status = command
        .status()
        .context("cannot run git; install git-email")?;
    if !status.success() {
        bail!("`git send-email` failed ({status}); see above which mails have gone out");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_is_a_whole_hash() {
        check_base(None).unwrap();
        check_base(Some(&"0a".repeat(20))).unwrap();
        assert!(check_base(Some("0123456789ab")).is_err());
        assert!(check_base(Some("HEAD")).is_err());
    }
}
