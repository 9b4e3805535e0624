// SPDX-License-Identifier: MIT OR Apache-2.0

//! Messages of the module's generic netlink family (`include/uapi/linux/genetlink.h`).

use anyhow::{Context, Result};
use nix::libc::NLM_F_REQUEST;

/// The command that counts what it receives.
pub(crate) const COUNT: u8 = 1;

/// The command that sends it back.
pub(crate) const ECHO: u8 = 2;

/// The attribute with the payload.
const PAYLOAD: u16 = 1;

/// The version of the family.
const VERSION: u8 = 1;

/// Bytes of `struct nlmsghdr` and `struct genlmsghdr`.
const HEADERS: usize = 16 + 4;

/// Bytes of `struct nlattr`.
const ATTRIBUTE: usize = 4;

/// A request with `payload` bytes, a multiple of 4, in its attribute; without one if it is 0.
pub(crate) fn request(family: u32, command: u8, payload: usize) -> Result<Vec<u8>> {
    let family = u16::try_from(family).context("a family's number has 16 bits")?;
    let flags = u16::try_from(NLM_F_REQUEST).context("flags have 16 bits")?;
    let attribute = match payload {
        0 => 0,
        payload => ATTRIBUTE + payload,
    };
    let len = u32::try_from(HEADERS + attribute).context("the message is too long")?;
    let mut bytes = Vec::new();
    bytes.extend(len.to_ne_bytes());
    bytes.extend(family.to_ne_bytes());
    bytes.extend(flags.to_ne_bytes());
    bytes.extend([0; 8]); // seq and port
    bytes.extend([command, VERSION, 0, 0]);
    if payload > 0 {
        let len = u16::try_from(attribute).context("the attribute is too long")?;
        bytes.extend(len.to_ne_bytes());
        bytes.extend(PAYLOAD.to_ne_bytes());
        bytes.resize(bytes.len() + payload, 0);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_those_of_the_message_and_of_its_attribute() {
        let empty = request(0x21, COUNT, 0).unwrap();
        assert_eq!(empty.len(), HEADERS);
        assert_eq!(empty[..4], 20u32.to_ne_bytes());
        assert_eq!(empty[4..6], 0x21u16.to_ne_bytes());
        let full = request(0x21, ECHO, 64).unwrap();
        assert_eq!(full[..4], 88u32.to_ne_bytes());
        assert_eq!(full.len(), 88);
        assert_eq!((full[16], &full[20..22]), (ECHO, &68u16.to_ne_bytes()[..]));
        assert!(request(0x1_0000, COUNT, 0).is_err());
    }
}
