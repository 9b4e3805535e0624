// SPDX-License-Identifier: MIT OR Apache-2.0

//! The configuration of a flavor: `make tinyconfig`, the flavor's fragments, and no lost option.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context, Result, anyhow, bail};

use crate::flavor::Flavor;
use crate::kconfig::{self, Tristate, Values};
use crate::make::{self, Make};
use crate::stage::Stage;

/// Makes `.config` in the object folder what `flavor` asks for.
///
/// An untouched `.config` keeps its time stamp, so that kbuild rebuilds only what an option that
/// changed reaches; when nothing changed, this takes no time.
pub(crate) fn write(make: &Make, flavor: &Flavor) -> Result<()> {
    write_checked(make, flavor, |text| {
        refuse_lost(make.tree, flavor, &values(text))
            .map_err(|error| anyhow!("{error:#}\nlog: {}", make.log.display()))
    })
}

/// As [`write()`], for sources that may not have all the options yet that `flavor` asks for.
pub(crate) fn write_known(make: &Make, flavor: &Flavor) -> Result<()> {
    write_checked(make, flavor, |_| Ok(()))
}

fn write_checked(
    make: &Make,
    flavor: &Flavor,
    check: impl FnOnce(&str) -> Result<()>,
) -> Result<()> {
    let config = make.objects.join(".config");
    let request_file = make.objects.join("request");
    let request = format!("{:?}\n{}", make.toolchain, requested_text(flavor)?);
    if is_current(&request_file, &request, make.objects) && config.is_file() {
        return Ok(());
    }
    let mut stage = Stage::start(format!("kernel {}: configure", flavor.name));
    // Kept apart from `.config`, which is replaced only once all is well.
    let next = make.objects.join("next.config");
    merge(make, flavor, &next, &mut stage)?;
    let text = read(&next)?;
    check(&text)?;
    if read(&config).ok().as_ref() != Some(&text) {
        std::fs::write(&config, &text)
            .with_context(|| format!("cannot write {}", config.display()))?;
    }
    std::fs::write(&request_file, request)
        .with_context(|| format!("cannot write {}", request_file.display()))?;
    stage.done(format!("{} options", values(&text).len()));
    Ok(())
}

/// The fragments of a flavor, one after the other.
pub(crate) fn requested_text(flavor: &Flavor) -> Result<String> {
    let texts: Result<Vec<_>> = flavor.fragments.iter().map(|path| read(path)).collect();
    Ok(texts?.concat())
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Whether the same was asked for the last time, and no Kconfig file has changed since.
fn is_current(request_file: &Path, request: &str, objects: &Path) -> bool {
    let written = request_file.metadata().and_then(|data| data.modified());
    let same = std::fs::read_to_string(request_file).is_ok_and(|last| last == request);
    written.is_ok_and(|written| same && !any_kconfig_newer(objects, written))
}

/// kbuild notes the files that a configuration was read from, relative to the object folder's
/// `source`; before the first build there is no such note, and nothing can be said.
fn any_kconfig_newer(objects: &Path, than: SystemTime) -> bool {
    let Ok(note) = std::fs::read_to_string(objects.join("include/config/auto.conf.cmd")) else {
        return true;
    };
    note.lines()
        .filter_map(|line| line.trim().strip_suffix(" \\"))
        .filter(|path| path.contains("Kconfig"))
        .map(|path| objects.join("source").join(path))
        .any(|path| {
            path.metadata()
                .and_then(|data| data.modified())
                .map_or(true, |changed| changed > than)
        })
}

/// `make tinyconfig`, the kernel's own merge of the fragments, and `make olddefconfig`, which gives
/// what becomes visible its default.
fn merge(make: &Make, flavor: &Flavor, next: &Path, stage: &mut Stage) -> Result<()> {
    let target = |name: &str, stage: &mut Stage| {
        let mut command = make.command();
        command.env("KCONFIG_CONFIG", next).arg(name);
        make::run(&mut command, make.log, stage)
    };
    target("tinyconfig", stage)?;
    let mut script = make::clean(&make.tree.join("scripts/kconfig/merge_config.sh"));
    script
        .current_dir(make.objects)
        .env("KCONFIG_CONFIG", next)
        .args(["-m", "-Q"])
        .arg(next)
        .args(&flavor.fragments);
    make::run(&mut script, make.log, stage)?;
    target("olddefconfig", stage)
}

/// The options of a configuration that are on, without `CONFIG_`.
fn values(text: &str) -> Values {
    assignments(text)
        .filter(|(_, value)| *value != "n")
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// Names and values; `# CONFIG_X is not set` is `n`.
fn assignments(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines().filter_map(|line| {
        let unset = line
            .strip_prefix("# CONFIG_")
            .and_then(|rest| rest.strip_suffix(" is not set"));
        match unset {
            Some(name) => Some((name, "n")),
            None => line.strip_prefix("CONFIG_")?.trim_end().split_once('='),
        }
    })
}

/// An option that a fragment asks for and the configuration does not have is an error.
fn refuse_lost(tree: &Path, flavor: &Flavor, values: &Values) -> Result<()> {
    // A later fragment overrides an earlier one.
    let mut requested = BTreeMap::new();
    for path in &flavor.fragments {
        let text = read(path)?;
        for (name, value) in assignments(&text) {
            requested.insert(name.to_owned(), (value.to_owned(), path));
        }
    }
    let lost: Vec<String> = requested
        .iter()
        .filter_map(|(name, (wanted, path))| {
            let actual = values.get(name).map_or("n", String::as_str);
            (wanted != actual).then(|| {
                let fragment = path.file_name().unwrap_or_default().to_string_lossy();
                let why = kconfig::explain(tree, flavor.arch, name, tristate(wanted), values);
                format!("  CONFIG_{name}={wanted} of {fragment} became {actual}: {why}")
            })
        })
        .collect();
    if lost.is_empty() {
        return Ok(());
    }
    bail!(
        "flavor {} asks for options that Kconfig did not take:\n{}",
        flavor.name,
        lost.join("\n")
    )
}

/// What a wanted value needs of its dependencies; a number or string needs them to be met at all.
fn tristate(value: &str) -> Tristate {
    match value {
        "n" => Tristate::No,
        "y" => Tristate::Yes,
        _ => Tristate::Module,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::Arch;

    #[test]
    fn a_lost_option_is_an_error_that_names_it_and_its_unmet_dependency() {
        let tree = tempfile::tempdir().unwrap();
        let kconfig = "config CONNECTOR\n\ttristate \"c\"\n\tdepends on NET\n\
                       config NET\n\tbool \"n\"\n";
        std::fs::write(tree.path().join("Kconfig"), kconfig).unwrap();
        let fragment = |name: &str, text: &str| {
            let path = tree.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let flavor = Flavor {
            name: "rust".to_owned(),
            about: String::new(),
            arch: Arch::default(),
            class: String::new(),
            series: Vec::new(),
            fragments: vec![
                fragment(
                    "base.config",
                    "# CONFIG_CONNECTOR is not set\nCONFIG_NET=n\n",
                ),
                fragment("core.config", "# about it\nCONFIG_CONNECTOR=y\n"),
            ],
        };
        let error = refuse_lost(tree.path(), &flavor, &Values::new()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "flavor rust asks for options that Kconfig did not take:\n  \
             CONFIG_CONNECTOR=y of core.config became n: \
             it depends on `NET` (NET=n) (Kconfig:1)"
        );
        let text = "CONFIG_CONNECTOR=y\n# CONFIG_NET is not set\n";
        refuse_lost(tree.path(), &flavor, &values(text)).unwrap();
    }

    #[test]
    fn a_configuration_is_current_until_the_request_or_a_kconfig_file_changes() {
        let objects = tempfile::tempdir().unwrap();
        let path = |name: &str| objects.path().join(name);
        std::fs::create_dir_all(path("include/config")).unwrap();
        std::fs::create_dir_all(path("source/net")).unwrap();
        std::fs::write(path("source/net/Kconfig"), "").unwrap();
        std::fs::write(
            path("include/config/auto.conf.cmd"),
            "deps_config := \\\n\tnet/Kconfig \\\n",
        )
        .unwrap();
        std::fs::write(path("request"), "this").unwrap();
        let request = path("request");
        assert!(is_current(&request, "this", objects.path()));
        assert!(!is_current(&request, "that", objects.path()));
        let later = SystemTime::now() + std::time::Duration::from_secs(5);
        let kconfig = std::fs::File::options()
            .append(true)
            .open(path("source/net/Kconfig"));
        kconfig.unwrap().set_modified(later).unwrap();
        assert!(!is_current(&request, "this", objects.path()));
    }
}
