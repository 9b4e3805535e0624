// SPDX-License-Identifier: MIT OR Apache-2.0

//! Finished kernels and test modules, kept between checkouts under what they were made from, up to a
//! size.

use std::io::ErrorKind::{DirectoryNotEmpty, NotFound};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};

use crate::lock::FETCHES;
use crate::project::Project;

/// Megabytes of what is kept, unless `CONNECTOR_CACHE_LIMIT` says otherwise: the sources, and about
/// sixty kernels. Sources and objects of builds ([`BUILDS`], [`SOURCES`]) do not count.
const LIMIT: u64 = 6_000;

/// The folders of the cache whose entries are dropped, the least recently used first, when it
/// grows over its limit.
const LIMITED: [&str; 3] = ["kernels", "modules", "downloads"];

/// The folder in which kernels are built.
pub(crate) const BUILDS: &str = "build";

/// The folder of repositories of pinned sources.
pub(crate) const SOURCES: &str = "sources";

/// All that is ever put into it, by this module, by those that fetch and by those that build.
const OURS: [&str; 8] = [
    "kernels",
    "modules",
    "downloads",
    "tools",
    "apt",
    FETCHES,
    BUILDS,
    SOURCES,
];

/// Folders of one kind that are kept.
pub(crate) struct Cache<'a> {
    root: &'a Path,
    kind: &'static str,
    limit: u64,
}

/// Something that can be dropped: a kept folder or a fetched file.
struct Entry {
    path: PathBuf,
    used: SystemTime,
    size: u64,
}

impl<'a> Cache<'a> {
    /// The user's finished kernels.
    pub(crate) fn of_kernels(project: &'a Project) -> Result<Self> {
        Self::of(project, "kernels")
    }

    /// The user's finished test modules.
    pub(crate) fn of_modules(project: &'a Project) -> Result<Self> {
        Self::of(project, "modules")
    }

    fn of(project: &'a Project, kind: &'static str) -> Result<Self> {
        let megabytes = match std::env::var("CONNECTOR_CACHE_LIMIT") {
            Ok(text) => text
                .parse::<u64>()
                .with_context(|| format!("CONNECTOR_CACHE_LIMIT={text} is no number of MB"))?,
            Err(_) => LIMIT,
        };
        Ok(Self {
            root: &project.cache,
            kind,
            limit: megabytes.saturating_mul(1_000_000),
        })
    }

    /// The folder that is kept under `key`; it counts as used now.
    pub(crate) fn get(&self, key: &str) -> Result<Option<PathBuf>> {
        let folder = self.folder().join(key);
        if !folder.exists() {
            return Ok(None);
        }
        std::fs::File::open(&folder)
            .and_then(|file| file.set_modified(SystemTime::now()))
            .with_context(|| format!("cannot touch {}", folder.display()))?;
        Ok(Some(folder))
    }

    /// An empty folder to put things together in, which [`Self::keep`] takes.
    pub(crate) fn scratch(&self) -> Result<tempfile::TempDir> {
        let folder = self.folder();
        std::fs::create_dir_all(&folder)
            .and_then(|()| {
                tempfile::Builder::new()
                    .prefix("partial-")
                    .tempdir_in(&folder)
            })
            .with_context(|| format!("cannot make a folder in {}", folder.display()))
    }

    /// Keeps what is in `scratch` under `key`, and drops what is over the limit.
    pub(crate) fn keep(&self, scratch: tempfile::TempDir, key: &str) -> Result<PathBuf> {
        let folder = self.folder().join(key);
        let kept = scratch.keep();
        match std::fs::rename(&kept, &folder) {
            Ok(()) => {}
            // Another checkout has just built the same.
            Err(_) if folder.exists() => std::fs::remove_dir_all(&kept)
                .with_context(|| format!("cannot remove {}", kept.display()))?,
            Err(error) => {
                return Err(error).with_context(|| format!("cannot make {}", folder.display()));
            }
        }
        self.trim(&folder)?;
        Ok(folder)
    }

    /// Empties the cache; gives how many bytes were freed. What else is in its folder, which
    /// `CONNECTOR_CACHE` may name, stays.
    pub(crate) fn clear(&self) -> Result<u64> {
        let mut freed = 0;
        for folder in OURS.map(|name| self.root.join(name)) {
            freed += size(&folder)?;
            remove(&folder)?;
        }
        match std::fs::remove_dir(self.root) {
            Err(error) if !matches!(error.kind(), NotFound | DirectoryNotEmpty) => {
                Err(error).with_context(|| format!("cannot remove {}", self.root.display()))
            }
            _ => Ok(freed),
        }
    }

    fn folder(&self) -> PathBuf {
        self.root.join(self.kind)
    }

    fn trim(&self, newest: &Path) -> Result<()> {
        let mut entries = self.entries()?;
        entries.sort_by_key(|entry| entry.used);
        let mut total: u64 = entries.iter().map(|entry| entry.size).sum();
        for entry in entries.iter().filter(|entry| entry.path != newest) {
            if total <= self.limit {
                break;
            }
            remove(&entry.path)?;
            total -= entry.size;
        }
        Ok(())
    }

    fn entries(&self) -> Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for folder in LIMITED.map(|name| self.root.join(name)) {
            if !folder.exists() {
                continue;
            }
            let cannot = || format!("cannot read {}", folder.display());
            for entry in folder.read_dir().with_context(cannot)? {
                let path = entry.with_context(cannot)?.path();
                entries.push(Entry {
                    used: path
                        .metadata()
                        .and_then(|data| data.modified())
                        .with_context(cannot)?,
                    size: size(&path)?,
                    path,
                });
            }
        }
        Ok(entries)
    }
}

/// The bytes of a file, or of all files under a folder; none where there is nothing.
pub(crate) fn size(path: &Path) -> Result<u64> {
    let cannot = || format!("cannot read {}", path.display());
    let data = match path.symlink_metadata() {
        Err(error) if error.kind() == NotFound => return Ok(0),
        data => data.with_context(cannot)?,
    };
    if !data.is_dir() {
        return Ok(data.len());
    }
    let mut total = 0;
    for entry in path.read_dir().with_context(cannot)? {
        total += size(&entry.with_context(cannot)?.path())?;
    }
    Ok(total)
}

/// Removes a file or a folder; it is well if there is nothing.
pub(crate) fn remove(path: &Path) -> Result<()> {
    let removed = match path.symlink_metadata() {
        Err(error) if error.kind() == NotFound => return Ok(()),
        Ok(data) if data.is_dir() => std::fs::remove_dir_all(path),
        Ok(_) => std::fs::remove_file(path),
        Err(error) => Err(error),
    };
    removed.with_context(|| format!("cannot remove {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn keep(cache: &Cache, key: &str, bytes: usize) -> PathBuf {
        let scratch = cache.scratch().unwrap();
        std::fs::write(scratch.path().join("image"), vec![0; bytes]).unwrap();
        let folder = cache.keep(scratch, key).unwrap();
        // Time stamps of a coarse clock may else be the same.
        std::thread::sleep(Duration::from_millis(20));
        folder
    }

    #[test]
    fn what_was_used_least_recently_is_dropped_over_the_limit() {
        let root = tempfile::tempdir().unwrap();
        let cache = Cache {
            root: root.path(),
            kind: "kernels",
            limit: 250,
        };
        let old = keep(&cache, "old", 100);
        let used = keep(&cache, "used", 100);
        assert_eq!(cache.get("old").unwrap(), Some(old.clone()));
        let new = keep(&cache, "new", 100);
        assert!(old.exists() && new.exists());
        assert!(!used.exists());
        assert_eq!(cache.get("used").unwrap(), None);
    }

    #[test]
    fn the_newest_is_kept_even_if_it_alone_is_over_the_limit() {
        let root = tempfile::tempdir().unwrap();
        let cache = Cache {
            root: root.path(),
            kind: "kernels",
            limit: 10,
        };
        assert!(keep(&cache, "big", 100).join("image").exists());
    }

    #[test]
    fn clearing_removes_all_and_tells_how_much() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("cache");
        let cache = Cache {
            root: &folder,
            kind: "kernels",
            limit: 1_000,
        };
        keep(&cache, "one", 70);
        keep(&cache, "two", 30);
        assert_eq!(cache.clear().unwrap(), 100);
        assert!(!folder.exists());
        assert_eq!(cache.clear().unwrap(), 0);
    }

    #[test]
    fn clearing_leaves_what_it_did_not_make() {
        let root = tempfile::tempdir().unwrap();
        let cache = Cache {
            root: root.path(),
            kind: "kernels",
            limit: 1_000,
        };
        let letter = root.path().join("letter");
        std::fs::write(&letter, "dear").unwrap();
        keep(&cache, "one", 70);
        assert_eq!(cache.clear().unwrap(), 70);
        assert!(letter.exists() && !cache.folder().exists());
    }
}
