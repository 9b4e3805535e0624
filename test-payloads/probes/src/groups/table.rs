// SPDX-License-Identifier: MIT OR Apache-2.0

//! `/proc/net/connector`, to the byte.

use std::fs::{self, File};
use std::io::{BufReader, Read, Write};
use std::os::unix::fs::{FileExt, MetadataExt};

use anyhow::Result;
use connector::Id;
use nix::errno::Errno;

use crate::count::count;
use crate::driver::{Does, Driver};
use crate::expect::same;
use crate::ktap::{Group, Test, Transcript};
use crate::proc_connector::{AT_REST, PATH, read};

pub(crate) const GROUP: Group = Group {
    name: "table",
    tests: &[
        Test::new("at-rest-it-shows-process-events-alone", at_rest),
        Test::new(
            "a-row-is-there-while-its-id-is-registered",
            rows_come_and_go,
        ),
        Test::new("rows-are-in-the-order-of-registration", order),
        Test::new("names-are-padded-to-15-and-cut-at-31", names),
        Test::new("numbers-are-unsigned-and-decimal", numbers),
        Test::new("many-rows-are-all-there", many_rows),
        Test::new("it-reads-the-same-byte-by-byte", byte_by_byte),
        Test::new("it-is-readable-by-all-and-writable-by-none", mode),
    ],
};

fn at_rest(transcript: &mut Transcript) -> Result<()> {
    let table = read()?;
    for line in table.lines() {
        transcript.note(format!("|{line}|"));
    }
    same("the table", table.as_str(), AT_REST)
}

fn rows_come_and_go(_: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let registered = driver.add(Id::new(22, 7), Does::Quiet)?;
    same(
        "with a row",
        read()?,
        format!("{AT_REST}probe           22:7\n"),
    )?;
    driver.add_as(Id::new(22, 7), Does::Quiet, "again")?.err();
    same(
        "after a refusal",
        read()?,
        format!("{AT_REST}probe           22:7\n"),
    )?;
    drop(registered);
    same("without", read()?.as_str(), AT_REST)
}

fn order(transcript: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let add = |val| driver.add(Id::new(22, val), Does::Quiet);
    let (_third, second, _first) = (add(3)?, add(2)?, add(1)?);
    let row = |val| format!("probe           22:{val}\n");
    same(
        "as added",
        read()?,
        [AT_REST, &row(3), &row(2), &row(1)].concat(),
    )?;
    drop(second);
    same("one removed", read()?, [AT_REST, &row(3), &row(1)].concat())?;
    let _second = add(2)?;
    let table = read()?;
    same(
        "added again",
        &table,
        &[AT_REST, &row(3), &row(1), &row(2)].concat(),
    )?;
    transcript.note(table.replace('\n', "|"));
    Ok(())
}

fn names(transcript: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let long = "abcdefghijklmnopqrstuvwxyz0123456789";
    for len in [1, 14, 15, 16, 30, 31, 32, 36] {
        let _registered = driver.add_as(Id::new(22, 1), Does::Quiet, &long[..len])??;
        let row = read()?.split_off(AT_REST.len());
        same(
            "the row",
            &row,
            &format!("{:<15} 22:1\n", &long[..len.min(31)]),
        )?;
        transcript.note(format!("|{}|", row.trim_end()));
    }
    Ok(())
}

fn numbers(transcript: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    for id in [
        Id::new(0, 0),
        Id::new(u32::MAX, 1 << 31),
        Id::new(10, u32::MAX),
    ] {
        let _registered = driver.add(id, Does::Quiet)?;
        let row = read()?.split_off(AT_REST.len());
        same(
            "the row",
            &row,
            &format!("probe           {}:{}\n", id.idx, id.val),
        )?;
        transcript.note(format!("|{}|", row.trim_end()));
    }
    Ok(())
}

fn many_rows(_: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let mut want = AT_REST.to_owned();
    let mut registered = Vec::new();
    // Even the quick count fills more than the page that the kernel reads at once.
    for val in 0..count("ids")? {
        registered.push(driver.add(Id::new(22, val), Does::Quiet)?);
        want.push_str(&format!("probe           22:{val}\n"));
    }
    same(
        "the table is as long as it should be",
        read()?.len(),
        want.len(),
    )?;
    same("and has every row", read()? == want, true)?;
    drop(registered);
    same("without them", read()?.as_str(), AT_REST)
}

fn byte_by_byte(_: &mut Transcript) -> Result<()> {
    let driver = Driver::open()?;
    let _registered = driver.add(Id::new(22, 1), Does::Quiet)?;
    let want = read()?;
    let bytes: Vec<u8> = BufReader::with_capacity(1, File::open(PATH)?)
        .bytes()
        .collect::<Result<_, _>>()?;
    same("from the start", String::from_utf8(bytes)?, want.clone())?;
    let file = File::open(PATH)?;
    let mut byte = [0];
    for (at, &want) in want.as_bytes().iter().enumerate().rev() {
        same(
            "bytes read",
            file.read_at(&mut byte, u64::try_from(at)?)?,
            1,
        )?;
        same("from the end", byte[0], want)?;
    }
    same(
        "behind the end",
        file.read_at(&mut byte, u64::try_from(want.len())?)?,
        0,
    )
}

fn mode(transcript: &mut Transcript) -> Result<()> {
    let status = fs::metadata(PATH)?;
    same("the mode", status.mode(), 0o100_444)?;
    same("the owner", (status.uid(), status.gid()), (0, 0))?;
    // Root may open it for writing, whatever the mode says; there is nothing that would take it.
    let error = File::options().write(true).open(PATH)?.write(b"x").err();
    let errno = error.and_then(|error| error.raw_os_error());
    same("writing", errno.map(Errno::from_raw), Some(Errno::EIO))?;
    transcript.note(format!("{:o}", status.mode()));
    Ok(())
}
