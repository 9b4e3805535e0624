// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the doctor says of the compilers.

use super::finding::{Finding, Remedy};
use super::installer::Installer;
use crate::project::Project;
use crate::toolchain::{
    self, BINDGEN_MINIMUM, CLANG_MINIMUM, Clang, RUSTC_MINIMUM, Rustc, bindgen, clangs, rustcs,
};

/// Packages of a rustc with its library sources: the one that Debian 12 keeps new, and the usual.
const RUSTC_PACKAGES: [[&str; 2]; 2] = [["rustc-web", "rust-web-src"], ["rustc", "rust-src"]];

/// The packages of their clippy, in the same order.
const CLIPPY_PACKAGES: [&str; 2] = ["rust-web-clippy", "rust-clippy"];

/// What is tried as LLVM when no rustc says which would match: that of `rustc-web`, and the newest
/// of Debian 12's main archive.
const LLVM_MAJORS: [u32; 2] = [22, 19];

/// Says of rustc, clang and bindgen whether one is there that will do.
pub(crate) fn findings(project: &Project) -> Vec<Finding> {
    let (rustcs, clangs) = (rustcs(), clangs());
    let pair = toolchain::pair(rustcs.clone(), clangs.clone());
    let rustc = match &pair {
        Some((rustc, _)) => Some(rustc.clone()),
        None => rustcs
            .iter()
            .filter(|rustc| rustc.is_usable())
            .max_by_key(|r| r.version)
            .cloned(),
    };
    let llvm = rustc.as_ref().map(|rustc| rustc.llvm.major());
    vec![
        of_rustc(rustc.as_ref(), &rustcs),
        of_clang(pair.as_ref().map(|(_, clang)| clang), &clangs, llvm),
        of_bindgen(project),
    ]
}

/// Says whether the rustc that builds has its clippy beside it; nothing while there is no rustc.
pub(crate) fn clippy() -> Option<Finding> {
    let (rustc, _) = toolchain::pair(rustcs(), clangs())?;
    let driver = rustc.path.with_file_name("clippy-driver");
    let fit = driver.is_file();
    let packages = CLIPPY_PACKAGES.map(|name| vec![name.to_owned()]);
    Some(Finding {
        name: "clippy of that rustc".to_owned(),
        found: fit.then(|| driver.display().to_string()),
        minimum: None,
        fit,
        remedy: Remedy::any_of(packages.to_vec()),
    })
}

fn of_rustc(usable: Option<&Rustc>, all: &[Rustc]) -> Finding {
    let found = match usable {
        Some(rustc) => Some(format!(
            "{} with library sources, LLVM {}, {}",
            rustc.version,
            rustc.llvm,
            rustc.path.display()
        )),
        None => all
            .iter()
            .max_by_key(|rustc| rustc.version)
            .map(|rustc| match rustc.has_library {
                true => format!("{}, {}", rustc.version, rustc.path.display()),
                false => format!(
                    "{} without library sources, {}",
                    rustc.version,
                    rustc.path.display()
                ),
            }),
    };
    let packages = RUSTC_PACKAGES.map(|group| group.map(str::to_owned).to_vec());
    Finding {
        name: "rustc".to_owned(),
        found,
        minimum: Some(RUSTC_MINIMUM),
        fit: usable.is_some(),
        remedy: Remedy::any_of(packages.to_vec()),
    }
}

fn of_clang(chosen: Option<&Clang>, all: &[Clang], llvm: Option<u32>) -> Finding {
    let usable = chosen.or_else(|| {
        all.iter()
            .filter(|clang| clang.is_usable())
            .max_by_key(|clang| clang.version)
    });
    let found = match usable {
        Some(clang) if llvm.is_some_and(|llvm| llvm != clang.version.major()) => {
            Some(format!("{}, not of rustc's LLVM", clang.version))
        }
        Some(clang) => Some(clang.version.to_string()),
        None => all.iter().max_by_key(|clang| clang.version).map(|clang| {
            let libclang = clang.libclang.is_none().then(|| "libclang".to_owned());
            let missing: Vec<_> = clang.missing.iter().cloned().chain(libclang).collect();
            match missing.as_slice() {
                [] => clang.version.to_string(),
                missing => format!("{} without {}", clang.version, missing.join(", ")),
            }
        }),
    };
    Finding {
        name: "clang, LLVM".to_owned(),
        found,
        minimum: Some(CLANG_MINIMUM),
        fit: usable.is_some(),
        remedy: Remedy::any_of(clang_packages(llvm)),
    }
}

/// The packages of each LLVM that would do, that of rustc first.
fn clang_packages(llvm: Option<u32>) -> Vec<Vec<String>> {
    let group = |suffix: &str, library: &str| {
        let tools = ["clang", "lld", "llvm"].map(|name| format!("{name}{suffix}"));
        tools.into_iter().chain([library.to_owned()]).collect()
    };
    llvm.into_iter()
        .chain(LLVM_MAJORS)
        .map(|major| group(&format!("-{major}"), &format!("libclang-{major}-dev")))
        .chain([group("", "libclang-dev")])
        .collect()
}

fn of_bindgen(project: &Project) -> Finding {
    let found = bindgen(project);
    Finding {
        name: "bindgen".to_owned(),
        fit: found.is_some(),
        found: found.map(|(path, version)| format!("{version}, {}", path.display())),
        minimum: Some(BINDGEN_MINIMUM),
        remedy: Remedy {
            packages: vec![vec!["bindgen".to_owned()]],
            otherwise: Some(Installer::Cargo),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::version::Version;

    #[test]
    fn the_packages_of_rustcs_own_llvm_come_first() {
        let packages = clang_packages(Some(20));
        assert_eq!(
            packages[0],
            ["clang-20", "lld-20", "llvm-20", "libclang-20-dev"]
        );
        assert_eq!(packages.last().unwrap()[0], "clang");
    }

    #[test]
    fn a_rustc_without_library_sources_is_shown_and_not_fit() {
        let bare = Rustc {
            path: "/usr/bin/rustc".into(),
            version: Version::new(1, 96, 0),
            llvm: Version::new(22, 1, 8),
            has_library: false,
        };
        let finding = of_rustc(None, &[bare]);
        assert_eq!(
            finding.line(),
            "MISSING rustc               1.96.0 without library sources, /usr/bin/rustc (at least 1.85.0)"
        );
    }

    #[test]
    fn a_clang_says_what_of_llvm_it_lacks() {
        let partial = Clang {
            suffix: "-22".to_owned(),
            version: Version::new(22, 1, 8),
            missing: vec!["ld.lld-22".to_owned()],
            libclang: None,
        };
        let finding = of_clang(None, &[partial], Some(22));
        assert!(!finding.fit);
        assert_eq!(finding.found.unwrap(), "22.1.8 without ld.lld-22, libclang");
    }
}
