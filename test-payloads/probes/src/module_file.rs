// SPDX-License-Identifier: MIT OR Apache-2.0

//! A module file in memory, whose symbol versions can be made wrong.

use std::fs;
use std::ops::Range;

use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use nix::kmod::init_module;
use object::{File, Object, ObjectSection};

use crate::modules::path;

/// The versions of what a module uses, four bytes each, and their names in the same order, each
/// with a zero behind it (`add_extended_versions()` in scripts/mod/modpost.c).
const VERSIONS: &str = "__version_ext_crcs";
const NAMES: &str = "__version_ext_names";
const VERSION_LEN: usize = 4;

/// The bytes of a `.ko`.
pub(crate) struct ModuleFile(Vec<u8>);

impl ModuleFile {
    /// Reads `/modules/NAME.ko`.
    pub(crate) fn read(name: &str) -> Result<Self> {
        let path = path(name);
        let bytes = fs::read(&path)
            .with_context(|| format!("cannot read {path}; does the scenario list it?"))?;
        Ok(Self(bytes))
    }

    /// Has the module ask for another version of `symbol` than the one it was built against.
    pub(crate) fn change_version(&mut self, symbol: &str) -> Result<()> {
        let names = &self.0[self.section(NAMES)?];
        let place = names
            .split(|byte| *byte == 0)
            .position(|name| name == symbol.as_bytes())
            .with_context(|| format!("the module has no version of {symbol}"))?;
        let versions = self.section(VERSIONS)?;
        let version = self.0[versions].chunks_exact_mut(VERSION_LEN).nth(place);
        let version = version.context("fewer versions than names")?;
        version.iter_mut().for_each(|byte| *byte = !*byte);
        Ok(())
    }

    /// Loads it as it is.
    pub(crate) fn load(&self) -> Result<(), Errno> {
        init_module(&self.0, c"")
    }

    /// Where a section is in the file.
    fn section(&self, name: &str) -> Result<Range<usize>> {
        let file = File::parse(self.0.as_slice()).context("the module is no object file")?;
        let range = file.section_by_name(name).and_then(|s| s.file_range());
        let Some((start, len)) = range else {
            bail!("the module has no {name}; is CONFIG_EXTENDED_MODVERSIONS set?");
        };
        let (start, len) = (usize::try_from(start)?, usize::try_from(len)?);
        Ok(start..start + len)
    }
}
