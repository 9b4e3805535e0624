// SPDX-License-Identifier: MIT OR Apache-2.0

//! How large the connector is in a kernel that it is built into: what `size` says of its objects.

use std::fmt;
use std::fs;
use std::path::Path;
use std::str::FromStr;

use anyhow::{Context, Error, Result, bail, ensure};
use object::elf::{self, FileHeader32, FileHeader64};
use object::read::archive::ArchiveFile;
use object::read::elf::{FileHeader, SectionHeader as _};
use object::{Endianness, FileKind};

/// Where the connector's objects are, in the object folder.
const FOLDER: &str = "drivers/connector";

/// What `.config` says where they are not a module.
const BUILT_IN: &str = "CONFIG_CONNECTOR=y";

/// Process events, which are not part of the core, have objects whose names begin so.
const EVENTS: [&str; 2] = ["cn_proc", "proc_events"];

/// The bytes of an object file that are part of the kernel in memory.
#[derive(Debug, Default, PartialEq, Eq)]
struct Size {
    /// For example `cn_main.o`.
    object: String,
    /// Code, and data that nobody writes.
    text: u64,
    /// Data that begins with other values than zeroes.
    data: u64,
    /// Data that begins as zeroes.
    zeroed: u64,
}

/// The sizes of all objects of the connector; none where it is a module.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Sizes(Vec<Size>);

impl Sizes {
    /// Looks into the object folder of a finished build with that `.config`.
    pub(super) fn of(objects: &Path, config: &str) -> Result<Self> {
        if !config.lines().any(|line| line == BUILT_IN) {
            return Ok(Self::default());
        }
        let folder = objects.join(FOLDER);
        let path = folder.join("built-in.a");
        let bytes = read(&path)?;
        let unreadable = || format!("{} is no archive that can be read", path.display());
        let archive = ArchiveFile::parse(bytes.as_slice()).with_context(unreadable)?;
        let sizes = archive.members().map(|member| {
            let member = member.with_context(unreadable)?;
            let name = String::from_utf8_lossy(member.name()).into_owned();
            let path = folder.join(&name);
            Size::of(name, &read(&path)?).with_context(|| format!("{}", path.display()))
        });
        sizes.collect::<Result<_>>().map(Self)
    }

    /// Bytes of the core's code and of data that nobody writes.
    pub(crate) fn text(&self) -> u64 {
        self.core().map(|size| size.text).sum()
    }

    /// Bytes of the core's variables.
    pub(crate) fn data(&self) -> u64 {
        self.core().map(|size| size.data + size.zeroed).sum()
    }

    fn core(&self) -> impl Iterator<Item = &Size> {
        let all = self.0.iter();
        all.filter(|size| !EVENTS.iter().any(|name| size.object.starts_with(name)))
    }
}

impl Size {
    fn of(object: String, bytes: &[u8]) -> Result<Self> {
        match FileKind::parse(bytes).context("no object file")? {
            FileKind::Elf32 => Self::of_elf::<FileHeader32<Endianness>>(object, bytes),
            FileKind::Elf64 => Self::of_elf::<FileHeader64<Endianness>>(object, bytes),
            other => bail!("an object file of another kind, {other:?}, than ELF"),
        }
    }

    fn of_elf<Elf: FileHeader<Endian = Endianness>>(object: String, bytes: &[u8]) -> Result<Self> {
        let header = Elf::parse(bytes)?;
        let endian = header.endian()?;
        let mut size = Self {
            object,
            ..Self::default()
        };
        for section in header.section_headers(endian, bytes)? {
            let flags: u64 = section.sh_flags(endian).into();
            let has = |flag: u32| flags & u64::from(flag) != 0;
            let place = match section.sh_type(endian) {
                _ if !has(elf::SHF_ALLOC) => continue,
                _ if !has(elf::SHF_WRITE) => &mut size.text,
                elf::SHT_NOBITS => &mut size.zeroed,
                _ => &mut size.data,
            };
            *place += Into::<u64>::into(section.sh_size(endian));
        }
        Ok(size)
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

impl fmt::Display for Sizes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for size in &self.0 {
            let Size {
                object,
                text,
                data,
                zeroed,
            } = size;
            writeln!(f, "{object} {text} {data} {zeroed}")?;
        }
        Ok(())
    }
}

impl FromStr for Sizes {
    type Err = Error;

    /// A line an object, `OBJECT TEXT DATA ZEROED`.
    fn from_str(text: &str) -> Result<Self> {
        let sizes = text.lines().map(|line| {
            let words: Vec<_> = line.split(' ').collect();
            ensure!(words.len() == 4, "`{line}` is not the size of an object");
            let number = |word: &str| word.parse().with_context(|| format!("`{line}`"));
            Ok(Size {
                object: words[0].to_owned(),
                text: number(words[1])?,
                data: number(words[2])?,
                zeroed: number(words[3])?,
            })
        });
        sizes.collect::<Result<_>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process;
    use std::process::Command;

    #[test]
    fn sizes_read_back_and_leave_process_events_out() {
        let text = "cn_queue.o 100 20 3\ncn_proc.o 1000 2000 3000\nproc_events.o 9 9 9\nconnector.o 1 2 4\n";
        let sizes: Sizes = text.parse().unwrap();
        assert_eq!(sizes.to_string(), text);
        assert_eq!((sizes.text(), sizes.data()), (101, 29));
        for wrong in ["cn.o 1 2", "cn.o 1 2 x"] {
            assert!(wrong.parse::<Sizes>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_connector_that_is_a_module_has_no_size_here() {
        let objects = tempfile::tempdir().unwrap();
        let sizes = |config| Sizes::of(objects.path(), config);
        assert_eq!(sizes("CONFIG_CONNECTOR=m\n").unwrap(), Sizes::default());
        assert!(sizes("CONFIG_NET=y\nCONFIG_CONNECTOR=y\n").is_err());
    }

    #[test]
    fn members_of_a_thin_archive_are_measured_as_size_does() {
        let objects = tempfile::tempdir().unwrap();
        let folder = objects.path().join(FOLDER);
        fs::create_dir_all(&folder).unwrap();
        let source = "int a[5] = {1}; int b[7]; const int c[11] = {1}; int d(void) { return 1; }";
        fs::write(folder.join("core.c"), source).unwrap();
        let run = |words: &[&str]| {
            let mut command = Command::new(words[0]);
            process::capture(command.args(&words[1..]).current_dir(&folder)).unwrap()
        };
        run(&["cc", "-c", "core.c"]);
        run(&["ar", "rcST", "built-in.a", "core.o"]);
        let sizes = Sizes::of(objects.path(), BUILT_IN).unwrap();
        let said = run(&["size", "core.o"]);
        let numbers: Vec<u64> = said
            .split_whitespace()
            .filter_map(|word| word.parse().ok())
            .collect();
        let [size] = sizes.0.as_slice() else {
            panic!("{sizes:?}")
        };
        assert_eq!([size.text, size.data, size.zeroed], numbers[..3]);
        assert_eq!((size.data, size.zeroed), (20, 28));
    }
}
