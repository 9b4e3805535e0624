// SPDX-License-Identifier: MIT OR Apache-2.0

//! What userspace may send and the connector must drop, without a word and without harm.

use anyhow::{Context, Result};
use connector::wire::{ENVELOPE_LEN, HEADER_LEN, REQUEST_MAX};
use connector::{Datagram, Envelope, Error, Id, Message, Socket};

use crate::count::count;
use crate::driver::{Does, Driver};
use crate::expect::{message, same, silence};
use crate::ktap::{Group, Test, Transcript};

pub(crate) const GROUP: Group = Group {
    name: "malformed",
    tests: &[
        Test::new("a-short-datagram-is-dropped", short),
        Test::new("a-lying-netlink-length-is-dropped", lying_envelope),
        Test::new("a-lying-message-length-is-dropped", lying_header),
        Test::new("a-request-over-the-limit-is-dropped", oversized),
        Test::new("an-unknown-id-is-dropped", unknown_id),
        Test::new(
            "a-second-netlink-message-is-not-read",
            second_netlink_message,
        ),
        Test::new(
            "messages-behind-the-first-are-the-drivers-business",
            trailing_messages,
        ),
        Test::new(
            "type-flags-seq-and-port-of-the-envelope-are-not-looked-at",
            any_envelope,
        ),
        Test::new("random-bytes-do-no-harm", random_bytes),
    ],
};

/// An id of the test module.
const ID: Id = Id::new(22, 1);

/// A driver that echoes, and a client of it.
struct Bench {
    driver: Driver,
    socket: Socket,
    _echo: crate::driver::Registered,
}

impl Bench {
    fn new() -> Result<Self> {
        let driver = Driver::open()?;
        let _echo = driver.add(ID, Does::Echo)?;
        let socket = Socket::open(&[])?;
        Ok(Self {
            driver,
            socket,
            _echo,
        })
    }

    /// Sends bytes and says how often the driver was called for them.
    fn calls_for(&self, bytes: &[u8]) -> Result<u32> {
        let before = self.driver.seen()?.calls;
        self.socket.send_bytes(bytes)?;
        Ok(self.driver.seen()?.calls - before)
    }

    /// The bytes must be dropped, and a good request answered as before.
    fn drops(&self, bytes: &[u8]) -> Result<()> {
        same("calls", self.calls_for(bytes)?, 0)?;
        silence(&self.socket)?;
        self.takes(&request(7)?, 7)
    }

    /// The bytes must reach the driver as a request with that seq.
    fn takes(&self, bytes: &[u8], seq: u32) -> Result<()> {
        same("calls", self.calls_for(bytes)?, 1)?;
        let reply = message(&self.socket)?;
        same("the reply's seq and ack", (reply.seq, reply.ack), (seq, 1))?;
        silence(&self.socket)
    }
}

/// A good request with eight bytes of data.
fn request(seq: u32) -> Result<Vec<u8>> {
    let message = Message::new(ID, seq, 0, *b"8 bytes!");
    Ok(Datagram::of(message).encode().map_err(Error::from)?)
}

/// The good request with another netlink length.
fn claiming(len: usize) -> Result<Vec<u8>> {
    let mut bytes = request(1)?;
    bytes[0..4].copy_from_slice(&u32::try_from(len)?.to_ne_bytes());
    Ok(bytes)
}

/// The good request with another message length.
fn claiming_data(len: usize) -> Result<Vec<u8>> {
    let mut bytes = request(1)?;
    bytes[32..34].copy_from_slice(&u16::try_from(len)?.to_ne_bytes());
    Ok(bytes)
}

fn short(transcript: &mut Transcript) -> Result<()> {
    let bench = Bench::new()?;
    let bytes = request(1)?;
    for len in 1..bytes.len() {
        bench
            .drops(&bytes[..len])
            .with_context(|| format!("cut to {len} bytes"))?;
    }
    // Cut short and honest about it.
    for len in 1..ENVELOPE_LEN + HEADER_LEN {
        let bytes = claiming(len)?;
        bench
            .drops(&bytes[..len])
            .with_context(|| format!("made of {len} bytes"))?;
    }
    transcript.note(format!("1 to {} bytes are dropped", bytes.len() - 1));
    Ok(())
}

fn lying_envelope(_: &mut Transcript) -> Result<()> {
    let bench = Bench::new()?;
    let (header, all) = (ENVELOPE_LEN + HEADER_LEN, request(1)?.len());
    let too_short = 0..all;
    let too_long = [
        all + 1,
        all + 4,
        REQUEST_MAX,
        0x7fff_ffff,
        0x8000_0000,
        0x8000_0010,
        0xffff_ffff,
    ];
    for len in too_short.chain(too_long) {
        bench
            .drops(&claiming(len)?)
            .with_context(|| format!("claiming {len}"))?;
    }
    // Without data, the header alone is enough.
    let mut bytes = claiming(header)?;
    bytes[32..34].fill(0);
    bench.takes(&bytes, 1)
}

fn lying_header(_: &mut Transcript) -> Result<()> {
    let bench = Bench::new()?;
    for len in [
        9, 10, 11, 12, 256, 16363, 16364, 16384, 0x7fff, 0x8000, 0xffff,
    ] {
        bench
            .drops(&claiming_data(len)?)
            .with_context(|| format!("claiming {len}"))?;
    }
    for len in 0..=8 {
        bench
            .takes(&claiming_data(len)?, 1)
            .with_context(|| format!("claiming {len}"))?;
        same(
            "the length the driver saw",
            bench.driver.seen()?.len,
            u32::try_from(len)?,
        )?;
    }
    Ok(())
}

fn oversized(transcript: &mut Transcript) -> Result<()> {
    let bench = Bench::new()?;
    let data_max = REQUEST_MAX - HEADER_LEN;
    let with = |len: usize| Datagram::of(Message::new(ID, 3, 0, vec![0; len])).encode();
    bench.takes(&with(data_max).map_err(Error::from)?, 3)?;
    for len in [data_max + 1, REQUEST_MAX, REQUEST_MAX + 1, 40_000, 0xffff] {
        let bytes = with(len).map_err(Error::from)?;
        bench
            .drops(&bytes)
            .with_context(|| format!("{len} bytes of data"))?;
    }
    // The limit is on what the envelope claims, not on the message in it.
    let mut bytes = request(1)?;
    bytes.resize(ENVELOPE_LEN + REQUEST_MAX + 1, 0);
    let claimed = u32::try_from(bytes.len())?;
    bytes[0..4].copy_from_slice(&claimed.to_ne_bytes());
    bench
        .drops(&bytes)
        .context("a small message in a large envelope")?;
    transcript.note(format!(
        "{data_max} bytes of data are taken, one more is dropped"
    ));
    Ok(())
}

fn unknown_id(_: &mut Transcript) -> Result<()> {
    let bench = Bench::new()?;
    let others = [
        (22, 0),
        (22, 2),
        (21, 1),
        (23, 1),
        (1, 22),
        (0, 0),
        (u32::MAX, u32::MAX),
    ];
    for (idx, val) in others {
        let message = Message::new(Id::new(idx, val), 1, 0, []);
        let bytes = Datagram::of(message).encode().map_err(Error::from)?;
        bench
            .drops(&bytes)
            .with_context(|| format!("{idx}:{val}"))?;
    }
    Ok(())
}

fn second_netlink_message(_: &mut Transcript) -> Result<()> {
    let bench = Bench::new()?;
    bench.takes(&[request(1)?, request(2)?].concat(), 1)?;
    bench.takes(&[request(1)?, vec![0xff; 100]].concat(), 1)?;
    let mut unknown = request(1)?;
    unknown[16..20].copy_from_slice(&99_u32.to_ne_bytes());
    bench.drops(&[unknown, request(2)?].concat())
}

fn trailing_messages(transcript: &mut Transcript) -> Result<()> {
    let bench = Bench::new()?;
    let mut datagram = Datagram::of(Message::new(ID, 1, 0, *b"first"));
    datagram.messages.push(Message::new(ID, 2, 0, *b"second"));
    bench.takes(&datagram.encode().map_err(Error::from)?, 1)?;
    let seen = bench.driver.seen()?;
    same("the length the driver saw", seen.len, 5)?;
    transcript.note(format!("one call, seq {} len {}", seen.seq, seen.len));
    Ok(())
}

fn any_envelope(transcript: &mut Transcript) -> Result<()> {
    let bench = Bench::new()?;
    let kinds = [0, 1, 2, 3, 4, 0x10, 0xffff].map(|kind| Envelope {
        kind,
        ..Envelope::default()
    });
    let flags = [1, 2, 4, 0x300, 0xffff].map(|flags| Envelope {
        flags,
        ..Envelope::default()
    });
    let others = [1, u32::MAX].map(|seq| Envelope {
        seq,
        port: seq,
        ..Envelope::default()
    });
    let mut taken = 0;
    for envelope in kinds.into_iter().chain(flags).chain(others) {
        let messages = vec![Message::new(ID, 9, 0, [])];
        let bytes = Datagram { envelope, messages }
            .encode()
            .map_err(Error::from)?;
        bench
            .takes(&bytes, 9)
            .with_context(|| format!("{envelope:?}"))?;
        taken += 1;
    }
    transcript.note(format!(
        "{taken} envelopes are taken and none is acknowledged"
    ));
    Ok(())
}

fn random_bytes(_: &mut Transcript) -> Result<()> {
    let bench = Bench::new()?;
    // Numerical Recipes' generator; the seed is fixed, so that a failure can be repeated.
    let mut state = 42_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state >> 16
    };
    for _ in 0..count("datagrams")? {
        let mut bytes = request(1)?;
        for _ in 0..=next() % 4 {
            // Not the id: an id of a real driver would be called in earnest.
            let at = next() as usize % bytes.len();
            if !(16..24).contains(&at) {
                bytes[at] = next().to_le_bytes()[0];
            }
        }
        bytes.truncate(next() as usize % bytes.len() + 1);
        same("calls are one at most", bench.calls_for(&bytes)? <= 1, true)?;
        bench.socket.receive(std::time::Duration::ZERO)?;
    }
    bench.takes(&request(7)?, 7)
}
