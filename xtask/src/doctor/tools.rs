// SPDX-License-Identifier: MIT OR Apache-2.0

//! The plain programs and headers that a host needs.

use std::path::Path;

use super::finding::{Finding, Remedy};
use crate::arch::Arch;
use crate::ask::ask;
use crate::toolchain::which;
use crate::version::Version;

/// A program in PATH that says its version when asked with `--version`.
struct Program {
    name: &'static str,
    /// None: any.
    minimum: Option<Version>,
    package: &'static str,
}

/// What fetching and unpacking the sources and making a work tree of them runs. git's version is the
/// first with `--initial-branch`, tar's the first with `--zstd`.
const TO_CHECK_OUT: [Program; 3] = [
    program("git", Some(Version::new(2, 28, 0)), "git"),
    program("tar", Some(Version::new(1, 31, 0)), "tar"),
    program("xz", None, "xz-utils"),
];

/// What building a kernel runs. The versions are those of Linux 7.3's
/// Documentation/process/changes.rst.
const TO_BUILD: [Program; 7] = [
    program("make", Some(Version::new(4, 0, 0)), "make"),
    // The kernel's own tools are linked with it, whatever links the kernel.
    program("ld", Some(Version::new(2, 30, 0)), "binutils"),
    program("flex", Some(Version::new(2, 5, 35)), "flex"),
    program("bison", Some(Version::new(2, 0, 0)), "bison"),
    program("bc", Some(Version::new(1, 6, 95)), "bc"),
    // Also reads back what the writer of archives wrote, in its test.
    program("cpio", None, "cpio"),
    // Packs what modules are built with.
    program("zstd", None, "zstd"),
];

/// The oldest QEMU that was tried.
const QEMU_MINIMUM: Version = Version::new(7, 2, 0);

/// What looking at the series runs, beside what a build does.
const TO_REVIEW: [Program; 1] = [program("perl", None, "perl")];

/// What takes part in the builds of a review.
const TO_REVIEW_BUILDS: [Program; 2] = [
    program("sparse", None, "sparse"),
    program("sphinx-build", None, "python3-sphinx"),
];

/// Modules of the distribution's Python that the kernel's spdxcheck imports, and their packages.
const PYTHON_MODULES: [(&str, &str); 2] = [("ply", "python3-ply"), ("git", "python3-git")];

/// A header, and the package that brings it.
const HEADERS: [(&str, &str, &str); 3] = [
    ("C library", "/usr/include/stdio.h", "libc6-dev"),
    ("libelf", "/usr/include/libelf.h", "libelf-dev"),
    // Makes the versions of symbols.
    ("libdw", "/usr/include/elfutils/libdw.h", "libdw-dev"),
];

const fn program(name: &'static str, minimum: Option<Version>, package: &'static str) -> Program {
    Program {
        name,
        minimum,
        package,
    }
}

/// Says of everything that a work tree needs whether it is there.
pub(crate) fn to_check_out() -> Vec<Finding> {
    TO_CHECK_OUT.iter().map(look).collect()
}

/// Says of everything but a work tree and compilers that a build needs whether it is there.
pub(crate) fn to_build() -> Vec<Finding> {
    let headers = HEADERS
        .iter()
        .map(|(name, path, package)| file(name, path, package));
    TO_BUILD.iter().map(look).chain(headers).collect()
}

/// Says of the emulator, of what links programs for `arch`, and of the distribution's programs that
/// are put into a guest (each of which is in the package of its name), whether they are there.
pub(crate) fn to_boot(arch: Arch, programs: &[String]) -> Vec<Finding> {
    let emulator = arch.emulator();
    let qemu = Finding {
        remedy: Remedy::packages(emulator.packages),
        ..look(&program(emulator.program, Some(QEMU_MINIMUM), ""))
    };
    let cross = arch.cross().map(|cross| {
        [
            look(&program(cross.linker, None, cross.package)),
            file("C library", cross.libc, cross.libc_package),
        ]
    });
    let programs = programs.iter().map(|name| {
        let path = which(name);
        Finding {
            name: name.clone(),
            fit: path.is_some(),
            found: path.map(|path| path.display().to_string()),
            minimum: None,
            remedy: Remedy::packages(&[name]),
        }
    });
    [qemu]
        .into_iter()
        .chain(cross.into_iter().flatten())
        .chain(programs)
        .collect()
}

/// Says of everything that the kernel's scripts need whether it is there.
pub(crate) fn to_review() -> Vec<Finding> {
    let modules = PYTHON_MODULES.iter().map(|(name, package)| {
        let import = format!("import {name}");
        let fit = ask("/usr/bin/python3", &["-c", &import]).is_ok();
        Finding {
            name: format!("Python's {name}"),
            found: fit.then(|| "as a module of /usr/bin/python3".to_owned()),
            minimum: None,
            fit,
            remedy: Remedy::packages(&[package]),
        }
    });
    TO_REVIEW.iter().map(look).chain(modules).collect()
}

/// Says of what takes part in the builds of a review whether it is there.
pub(crate) fn to_review_builds() -> Vec<Finding> {
    TO_REVIEW_BUILDS.iter().map(look).collect()
}

fn file(name: &str, path: &str, package: &str) -> Finding {
    let there = Path::new(path).exists();
    Finding {
        name: name.to_owned(),
        found: there.then(|| path.to_owned()),
        minimum: None,
        fit: there,
        remedy: Remedy::packages(&[package]),
    }
}

fn look(program: &Program) -> Finding {
    let said = which(program.name).and_then(|path| ask(path, &["--version"]).ok());
    let version = said.as_deref().and_then(Version::find);
    Finding {
        name: program.name.to_owned(),
        fit: match program.minimum {
            Some(minimum) => version.is_some_and(|version| version >= minimum),
            None => said.is_some(),
        },
        found: version.map(|version| version.to_string()),
        minimum: program.minimum,
        remedy: Remedy::packages(&[program.package]),
    }
}
