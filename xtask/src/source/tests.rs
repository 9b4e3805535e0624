// SPDX-License-Identifier: MIT OR Apache-2.0

//! Sources that are fetched, found and unpacked, and what must not be taken.
//!
//! `testdata` holds a list of sums, signed with a key that was made for it and thrown away. It
//! lists a `linux-7.3.4.tar.xz` that consists of the three letters `abc`.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::*;

const FINGERPRINT: &str = "A51CFF8693D0A71A6D668D8FD46D0B5A0576967C";
const KEY: &[u8] = include_bytes!("testdata/key.gpg");
const SUMS: &str = include_str!("testdata/sums.asc");
const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

/// A site to fetch from, and the folder to fetch into.
struct Site {
    folder: tempfile::TempDir,
    project: Project,
    pin: KernelOrg,
}

impl Site {
    fn new(sums: &str) -> Self {
        let (folder, project) = crate::project::scratch();
        let site = folder.path().join("site");
        fs::create_dir_all(&site).unwrap();
        fs::create_dir_all(folder.path().join("downloads")).unwrap();
        let file = |name: &str, content: &[u8]| {
            fs::write(site.join(name), content).unwrap();
            format!("file://{}", site.join(name).display())
        };
        let pin = KernelOrg {
            tarball: file("linux-7.3.4.tar.xz", b"abc"),
            sums: file("sums", sums.as_bytes()),
            key: file("key", KEY),
            fingerprint: FINGERPRINT.to_owned(),
        };
        Self {
            folder,
            project,
            pin,
        }
    }

    fn download(&self, name: &str) -> PathBuf {
        self.folder.path().join("downloads").join(name)
    }

    fn fetch(&self) -> anyhow::Result<PathBuf> {
        kernel_org::fetch(&self.project, &self.pin, &self.download(""))
    }

    fn fetch_error(&self) -> String {
        format!("{:#}", self.fetch().unwrap_err())
    }
}

#[test]
fn a_tarball_with_a_signed_sum_is_fetched_once() {
    let site = Site::new(SUMS);
    let tarball = site.fetch().unwrap();
    assert_eq!(fs::read_to_string(&tarball).unwrap(), "abc");
    fs::remove_dir_all(site.folder.path().join("site")).unwrap();
    assert_eq!(site.fetch().unwrap(), tarball);
}

#[test]
fn a_download_goes_on_where_it_ended_and_a_wrong_start_is_not_kept() {
    let site = Site::new(SUMS);
    let partial = site.download("linux-7.3.4.tar.xz.partial");
    fs::write(&partial, "x").unwrap();
    let error = site.fetch_error();
    assert!(error.contains(&format!("expected sha256 {ABC}")), "{error}");
    assert!(error.contains("found    sha256 "), "{error}");
    assert!(!partial.exists() && !site.download("linux-7.3.4.tar.xz").exists());
    fs::write(&partial, "a").unwrap();
    site.fetch().unwrap();
}

#[test]
fn a_list_with_another_signer_or_another_text_is_not_trusted() {
    let mut site = Site::new(SUMS);
    site.pin.fingerprint = "0".repeat(40);
    let error = site.fetch_error();
    assert!(error.contains("wrong signer"), "{error}");
    assert!(error.contains(FINGERPRINT), "{error}");
    let site = Site::new(&SUMS.replace("ba7816bf", "00000000"));
    let error = site.fetch_error();
    assert!(error.contains("is not signed as it should be"), "{error}");
    assert_eq!(site.download("").read_dir().unwrap().count(), 0);
}

#[test]
fn a_site_that_cannot_be_reached_is_said_with_the_log() {
    let mut site = Site::new(SUMS);
    site.pin.sums = "file:///no/such/list".to_owned();
    let error = site.fetch_error();
    assert!(
        error.contains("`curl ") && error.contains("\nlog: "),
        "{error}"
    );
}

fn debian(package_sha256: &str) -> Debian {
    Debian {
        package: "linux-source-0".to_owned(),
        version: "0.1-1".to_owned(),
        suite: "none".to_owned(),
        package_sha256: package_sha256.to_owned(),
        tarball: "linux-source-0.tar.xz".to_owned(),
        tarball_sha256: ABC.to_owned(),
    }
}

#[test]
fn a_kept_tarball_that_is_corrupt_is_removed() {
    let downloads = tempfile::tempdir().unwrap();
    let kept = downloads.path().join("linux-source-0.tar.xz");
    fs::write(&kept, "abc").unwrap();
    assert_eq!(
        debian::find(&debian(""), downloads.path()).unwrap(),
        Some(kept.clone())
    );
    fs::write(&kept, "abd").unwrap();
    let error = debian::find(&debian(""), downloads.path())
        .unwrap_err()
        .to_string();
    assert!(error.contains(&format!("expected sha256 {ABC}")), "{error}");
    assert!(!kept.exists());
    assert_eq!(debian::find(&debian(""), downloads.path()).unwrap(), None);
}

#[test]
fn the_tarball_is_taken_out_of_a_package_that_is_right() {
    let (folder, project) = crate::project::scratch();
    let root = folder.path().join("package");
    for path in ["DEBIAN", "usr/src"] {
        fs::create_dir_all(root.join(path)).unwrap();
    }
    let control = "Package: linux-source-0\nVersion: 0.1-1\nArchitecture: all\n\
                   Maintainer: nobody <nobody@localhost>\nDescription: a test\n";
    fs::write(root.join("DEBIAN/control"), control).unwrap();
    fs::write(root.join("usr/src/linux-source-0.tar.xz"), "abc").unwrap();
    let package = folder.path().join("linux-source-0_0.1-1_all.deb");
    crate::process::capture(
        Command::new("dpkg-deb")
            .args(["--build", "--root-owner-group"])
            .arg(&root)
            .arg(&package),
    )
    .unwrap();
    let good = debian(&checksum::sha256(&package).unwrap());
    let tarball = debian::fetch(&project, &good, folder.path()).unwrap();
    assert_eq!(fs::read_to_string(tarball).unwrap(), "abc");

    fs::write(&package, "truncated").unwrap();
    let error = debian::fetch(&project, &good, folder.path())
        .unwrap_err()
        .to_string();
    assert!(error.contains("is corrupt and was removed"), "{error}");
    assert!(!package.exists());
}

#[test]
fn a_tarball_that_does_not_unpack_is_named_with_the_log() {
    let (folder, project) = crate::project::scratch();
    let path = folder.path().join("linux.tar.xz");
    fs::write(&path, "this is no tarball").unwrap();
    let into = folder.path().join("into");
    fs::create_dir(&into).unwrap();
    let error = unpack::tarball(&project, &path, &into)
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with(&format!("cannot unpack {}: ", path.display())),
        "{error}"
    );
    assert!(error.contains("\nlog: "), "{error}");
}

#[test]
fn what_is_no_kernel_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let error = unpack::version(folder.path()).unwrap_err();
    assert!(
        format!("{error:#}").contains("this is no kernel"),
        "{error:#}"
    );
    fs::write(folder.path().join("Makefile"), "all:\n").unwrap();
    let error = unpack::version(folder.path()).unwrap_err().to_string();
    assert!(error.contains("its Makefile has no version"), "{error}");
}
