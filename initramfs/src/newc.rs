// SPDX-License-Identifier: MIT OR Apache-2.0

//! The newc form of cpio, as `Documentation/driver-api/early-userspace/buffer-format.rst` of the
//! kernel describes it.
//!
//! The same entries give the same bytes: they are written in the order of their names, owned by
//! root, dated 1970, and numbered from 1.

use std::collections::BTreeMap;
use std::io::{self, Write};

/// `S_IFDIR`, `S_IFREG` and `S_IFLNK`: the file type within a mode.
const DIRECTORY: u32 = 0o040_000;
const REGULAR: u32 = 0o100_000;
const SYMLINK: u32 = 0o120_000;

/// The archive ends with an entry of this name.
const TRAILER: &str = "TRAILER!!!";

/// A file system tree, held in memory until it is written.
#[derive(Debug, Default)]
pub struct Archive {
    /// By path without the leading slash. A folder sorts before what it holds, as the kernel
    /// needs it.
    entries: BTreeMap<String, Entry>,
}

#[derive(Debug)]
struct Entry {
    mode: u32,
    data: Vec<u8>,
}

impl Archive {
    /// Adds an empty folder, and those above it.
    pub fn directory(&mut self, path: &str) {
        let path = path.trim_matches('/');
        if path.is_empty() || self.entries.contains_key(path) {
            return;
        }
        self.parents(path);
        self.insert(path, DIRECTORY | 0o755, Vec::new());
    }

    /// Adds a file with the permissions `mode` (for example `0o755`), and the folders above it.
    /// A second file at the same path replaces the first.
    pub fn file(&mut self, path: &str, mode: u32, data: Vec<u8>) {
        self.parents(path);
        self.insert(path, REGULAR | mode, data);
    }

    /// Adds a symbolic link, and the folders above it.
    pub fn symlink(&mut self, path: &str, target: &str) {
        self.parents(path);
        self.insert(path, SYMLINK | 0o777, target.into());
    }

    /// Writes the archive with its trailer.
    ///
    /// # Errors
    ///
    /// When `out` cannot be written, or when a file is larger than the form can say (4 GiB).
    pub fn write_to(&self, mut out: impl Write) -> io::Result<()> {
        for (inode, (path, entry)) in (1..).zip(&self.entries) {
            write_entry(&mut out, inode, path, entry)?;
        }
        let trailer = Entry {
            mode: 0,
            data: Vec::new(),
        };
        write_entry(&mut out, 0, TRAILER, &trailer)
    }

    fn parents(&mut self, path: &str) {
        if let Some((parent, _)) = path.trim_matches('/').rsplit_once('/') {
            self.directory(parent);
        }
    }

    fn insert(&mut self, path: &str, mode: u32, data: Vec<u8>) {
        self.entries
            .insert(path.trim_matches('/').to_owned(), Entry { mode, data });
    }
}

/// A header of thirteen hexadecimal fields, the name, the data; both filled up to four bytes.
fn write_entry(mut out: impl Write, inode: u32, path: &str, entry: &Entry) -> io::Result<()> {
    let too_large = |_| io::Error::new(io::ErrorKind::FileTooLarge, path.to_owned());
    let size = u32::try_from(entry.data.len()).map_err(too_large)?;
    let name_size = u32::try_from(path.len() + 1).map_err(too_large)?;
    let links = if entry.mode & DIRECTORY != 0 { 2 } else { 1 };
    let (owner, group, time) = (0, 0, 0);
    let (device, node, checksum) = ((0, 0), (0, 0), 0);
    write!(out, "070701")?;
    for field in [
        inode, entry.mode, owner, group, links, time, size, device.0, device.1, node.0, node.1,
        name_size, checksum,
    ] {
        write!(out, "{field:08x}")?;
    }
    write!(out, "{path}\0")?;
    pad(&mut out, 6 + 13 * 8 + path.len() + 1)?;
    out.write_all(&entry.data)?;
    pad(&mut out, entry.data.len())
}

fn pad(mut out: impl Write, written: usize) -> io::Result<()> {
    out.write_all(&[0; 3][..written.wrapping_neg() % 4])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    fn bytes(archive: &Archive) -> Vec<u8> {
        let mut bytes = Vec::new();
        archive.write_to(&mut bytes).unwrap();
        bytes
    }

    fn sample(order: [usize; 3]) -> Archive {
        let mut archive = Archive::default();
        for step in order {
            match step {
                0 => archive.file("/init", 0o755, b"program".to_vec()),
                1 => archive.file("a/deep/file", 0o644, vec![7; 1001]),
                _ => archive.symlink("lib64/ld.so", "../lib/ld.so"),
            }
        }
        archive.directory("/proc");
        archive
    }

    #[test]
    fn the_order_of_adding_does_not_matter() {
        assert_eq!(bytes(&sample([0, 1, 2])), bytes(&sample([2, 1, 0])));
    }

    #[test]
    fn folders_come_before_what_they_hold() {
        let archive = sample([0, 1, 2]);
        let paths: Vec<_> = archive.entries.keys().map(String::as_str).collect();
        let wanted = "a a/deep a/deep/file init lib64 lib64/ld.so proc";
        assert_eq!(paths.join(" "), wanted);
    }

    /// An independent reader, GNU cpio, finds in the archive what went in.
    #[test]
    fn cpio_reads_what_was_written() {
        let folder = std::env::temp_dir().join(format!("newc-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let mut child = Command::new("cpio")
            .args(["--extract", "--quiet"])
            .current_dir(&folder)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(&bytes(&sample([0, 1, 2]))).unwrap();
        drop(input);
        assert!(child.wait().unwrap().success());
        let read = |path: &str| std::fs::read(folder.join(path)).unwrap();
        assert_eq!(read("init"), b"program");
        assert_eq!(read("a/deep/file"), vec![7; 1001]);
        let link = std::fs::read_link(folder.join("lib64/ld.so")).unwrap();
        assert_eq!(link.to_str(), Some("../lib/ld.so"));
        assert!(folder.join("proc").is_dir());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
