// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a test claims, with the words for when it is not so.

use std::fmt::Debug;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use connector::{Error, Message, Received, Socket};
use nix::errno::Errno;

/// How long a datagram that must come is waited for, on the slowest of machines.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// `got` must equal `want`.
pub(crate) fn same<T: PartialEq + Debug>(what: &str, got: T, want: T) -> Result<()> {
    ensure!(got == want, "{what}: got {got:?}, wanted {want:?}");
    Ok(())
}

/// A datagram must come.
pub(crate) fn datagram(socket: &Socket) -> Result<Received> {
    socket
        .receive(PATIENCE)?
        .context("a datagram did not come in time")
}

/// A datagram with a single message must come.
pub(crate) fn message(socket: &Socket) -> Result<Message> {
    let mut messages = datagram(socket)?.datagram()?.messages;
    same("messages in the datagram", messages.len(), 1)?;
    messages.pop().context("the datagram is empty")
}

/// Nothing must be there.
///
/// The kernel delivers before the call that made it deliver returns, so there is no need to wait.
pub(crate) fn silence(socket: &Socket) -> Result<()> {
    if let Some(received) = socket.receive(Duration::ZERO)? {
        bail!("an unexpected datagram: {:?}", received.datagram());
    }
    Ok(())
}

/// A call must be refused, with that reason.
pub(crate) fn refused<T>(what: &str, outcome: Result<T, Error>, reason: Errno) -> Result<()> {
    same(
        what,
        outcome.err().and_then(|error| error.errno()),
        Some(reason),
    )
}

/// Data of `len` bytes that counts up from the lowest byte of `seq`, as the test module makes it.
pub(crate) fn counting(seq: u32, len: usize) -> Vec<u8> {
    (seq.to_le_bytes()[0]..=u8::MAX)
        .chain((0..=u8::MAX).cycle())
        .take(len)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::counting;

    #[test]
    fn data_counts_up_and_wraps() {
        assert_eq!(counting(0x1fe, 4), [0xfe, 0xff, 0, 1]);
        assert_eq!(counting(7, 0), []);
        assert_eq!(counting(0, 300)[255..258], [255, 0, 1]);
    }
}
