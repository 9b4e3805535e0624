// SPDX-License-Identifier: MIT OR Apache-2.0

//! Sums of files, and what happens when one is wrong.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

/// The sum of a file, in hexadecimal.
pub(crate) fn sha256(path: &Path) -> Result<String> {
    let cannot = || format!("cannot read {}", path.display());
    let mut file = File::open(path).with_context(cannot)?;
    let mut hash = Sha256::new();
    io::copy(&mut file.by_ref(), &mut hash).with_context(cannot)?;
    Ok(hex(&hash.finalize()))
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Checks a file that was fetched; one with another sum is removed, and the error names both.
pub(crate) fn verify_or_remove(path: &Path, expected: &str) -> Result<()> {
    let found = sha256(path)?;
    if found == expected {
        return Ok(());
    }
    std::fs::remove_file(path)
        .with_context(|| format!("cannot remove the corrupt {}", path.display()))?;
    bail!(
        "{} is corrupt and was removed; run this again to fetch it anew\n  \
         expected sha256 {expected}\n  found    sha256 {found}",
        path.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    // The example of FIPS 180-2, "abc".
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn a_wrong_sum_names_both_and_keeps_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tarball");
        std::fs::write(&path, "abc").unwrap();
        verify_or_remove(&path, ABC).unwrap();
        assert!(path.exists());
        let wanted = "00".repeat(32);
        let error = verify_or_remove(&path, &wanted).unwrap_err().to_string();
        assert!(
            error.contains(&format!("expected sha256 {wanted}")),
            "{error}"
        );
        assert!(error.contains(&format!("found    sha256 {ABC}")), "{error}");
        assert!(!path.exists());
    }
}
