// SPDX-License-Identifier: MIT OR Apache-2.0

//! Which datagrams reach a driver, and with what.

use host::{Core, Datagram, Id, Received, add, calls, cases, del, id, record};
use kernel::host::user::Socket;
use proptest::prelude::*;
use proptest::test_runner::Config;

const REGISTERED: [Id; 3] = [id(1, 1), id(0x1234_5678, 0), id(u32::MAX, u32::MAX)];

/// A port, and so a sender.
const PORT: u32 = 4711;

/// What a driver is to see of a datagram, as `cn_rx_skb()` and `cn_call_callback()` of the C core
/// have it: nothing of a message that is cut, longer than the datagram, or longer than 16 KiB.
fn expected(datagram: &[u8]) -> Option<Received> {
    let number = |at: usize| {
        let bytes = datagram.get(at..at + 4)?;
        Some(u32::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    };
    let short = |at: usize| {
        Some(u16::from_ne_bytes([
            *datagram.get(at)?,
            *datagram.get(at + 1)?,
        ]))
    };

    let nlmsg_len = i64::from(number(0)?);
    let (skb_len, len) = (datagram.len() as i64, nlmsg_len - 16);
    if skb_len < 16 || len < 20 || skb_len < nlmsg_len || len > 16384 {
        return None;
    }
    let payload_len = short(16 + 16)?;
    if len < 20 + i64::from(payload_len) {
        return None;
    }
    let id = id(number(16)?, number(20)?);
    REGISTERED.contains(&id).then(|| Received {
        id,
        portid: PORT,
        payload: datagram[36..36 + usize::from(payload_len)].to_vec(),
    })
}

fn check(datagrams: &[Vec<u8>]) -> Result<(), TestCaseError> {
    let _core = Core::load();
    for id in REGISTERED {
        assert_eq!(add(id, c"driver", record), 0);
    }
    let socket = Socket::open(PORT);
    for datagram in datagrams {
        prop_assert_eq!(socket.send(datagram), Ok(()));
        let wanted = Vec::from_iter(expected(datagram));
        prop_assert_eq!(calls(), wanted, "{}", datagram.escape_ascii());
    }
    REGISTERED.into_iter().for_each(del);
    Ok(())
}

/// A length, mostly near where it is right.
fn length(right: u32) -> impl Strategy<Value = u32> {
    prop_oneof![
        4 => Just(right),
        4 => (0..40u32).prop_map(move |off| (right + off).saturating_sub(20)),
        1 => any::<u32>(),
        1 => prop_oneof![Just(0), Just(15), Just(16), Just(35), Just(36), Just(i32::MAX as u32 + 16)],
    ]
}

fn datagram() -> impl Strategy<Value = Datagram> {
    let id = prop_oneof![
        8 => prop::sample::select(REGISTERED.to_vec()),
        1 => (any::<u32>(), any::<u32>()).prop_map(|(idx, val)| id(idx, val)),
    ];
    (id, prop::collection::vec(any::<u8>(), 0..64)).prop_flat_map(|(id, payload)| {
        let right = Datagram::new(id, &payload);
        let len = length(u32::from(right.len)).prop_map(|len| len as u16);
        (length(right.nlmsg_len), len).prop_map(move |(nlmsg_len, len)| Datagram {
            nlmsg_len,
            len,
            ..right.clone()
        })
    })
}

fn several<S: Strategy>(one: S) -> impl Strategy<Value = Vec<S::Value>> {
    prop::collection::vec(one, 1..cases(20, 4) as usize)
}

proptest! {
    #![proptest_config(Config {
        cases: cases(512, 3),
        failure_persistence: None,
        ..Config::default()
    })]

    #[test]
    fn nearly_right_messages(datagrams in several(datagram())) {
        check(&Vec::from_iter(datagrams.iter().map(Datagram::bytes)))?;
    }

    #[test]
    fn cut_messages(datagram in datagram(), cut in 0..100usize) {
        let mut bytes = datagram.bytes();
        bytes.truncate(bytes.len().saturating_sub(cut));
        check(&[bytes])?;
    }

    #[test]
    fn arbitrary_bytes(datagrams in several(prop::collection::vec(any::<u8>(), 0..80))) {
        check(&datagrams)?;
    }
}

#[test]
fn the_longest_message_passes_and_no_longer_one() -> Result<(), TestCaseError> {
    let longest = Datagram::new(REGISTERED[0], &[7; 16384 - 20]).bytes();
    let longer = Datagram::new(REGISTERED[0], &[7; 16384 - 19]).bytes();
    assert!(expected(&longest).is_some() && expected(&longer).is_none());
    check(&[longest, longer])
}

#[test]
fn each_length_of_a_short_datagram() -> Result<(), TestCaseError> {
    let whole = Datagram::new(REGISTERED[1], b"payload").bytes();
    check(&Vec::from_iter(
        (0..=whole.len()).map(|len| whole[..len].to_vec()),
    ))
}

#[test]
fn only_the_first_message_is_read_and_what_follows_is_not() -> Result<(), TestCaseError> {
    let first = Datagram::new(REGISTERED[0], b"first").bytes();
    let second = Datagram::new(REGISTERED[1], b"second").bytes();
    check(&[[first, second].concat()])
}
