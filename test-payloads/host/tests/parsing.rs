// SPDX-License-Identifier: MIT OR Apache-2.0

//! Which datagrams reach a driver, and with what.

use host::{Core, Datagram, Id, Received, add, calls, cases, del, id, record};
use kernel::host::user::Socket;
use proptest::prelude::*;
use proptest::test_runner::Config;

const REGISTERED: [Id; 3] = [id(1, 1), id(0x1234_5678, 0), id(u32::MAX, u32::MAX)];

/// A port, and so a sender.
const PORT: u32 = 4711;

/// `NLM_F_MULTI`: another message follows.
const MULTI: u16 = 2;

/// What a driver is to see of the first message of a datagram, as `cn_rx_skb()` and
/// `cn_call_callback()` of the C core have it: nothing if it is cut, longer than the datagram, or
/// longer than 16 KiB.
fn first(datagram: &[u8]) -> Option<Received> {
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
    Some(Received {
        id: id(number(16)?, number(20)?),
        portid: PORT,
        payload: datagram[36..36 + usize::from(payload_len)].to_vec(),
    })
}

/// What drivers are to see of a datagram, message by message: another one is looked for behind each
/// that says so and is not malformed.
fn expected(mut datagram: &[u8]) -> Vec<Received> {
    let mut all = Vec::new();
    while let Some(received) = first(datagram) {
        if REGISTERED.contains(&received.id) {
            all.push(received);
        }
        if u16::from_ne_bytes([datagram[6], datagram[7]]) & MULTI == 0 {
            break;
        }
        let len = u32::from_ne_bytes([datagram[0], datagram[1], datagram[2], datagram[3]]);
        let next = (len as usize).next_multiple_of(4);
        datagram = datagram.get(next..).unwrap_or_default();
    }
    all
}

fn check(datagrams: &[Vec<u8>]) -> Result<(), TestCaseError> {
    let _core = Core::load();
    for id in REGISTERED {
        assert_eq!(add(id, c"driver", record), 0);
    }
    let socket = Socket::open(PORT);
    for datagram in datagrams {
        prop_assert_eq!(socket.send(datagram), Ok(()));
        prop_assert_eq!(calls(), expected(datagram), "{}", datagram.escape_ascii());
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
        // Any flag may be there, and half of the messages say that another one follows.
        let all = (length(right.nlmsg_len), any::<u16>(), len);
        all.prop_map(move |(nlmsg_len, flags, len)| Datagram {
            nlmsg_len,
            flags,
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
    fn messages_behind_each_other(datagrams in several(datagram()), align in any::<bool>()) {
        let mut all = Vec::new();
        for datagram in datagrams {
            all.extend(datagram.bytes());
            if align {
                all.resize(all.len().next_multiple_of(4), 0);
            }
        }
        check(&[all])?;
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
    assert!(first(&longest).is_some() && first(&longer).is_none());
    check(&[longest, longer])
}

#[test]
fn each_length_of_a_short_datagram() -> Result<(), TestCaseError> {
    let whole = Datagram::new(REGISTERED[1], b"payload").bytes();
    check(&Vec::from_iter(
        (0..=whole.len()).map(|len| whole[..len].to_vec()),
    ))
}

/// Two messages in a datagram, of which the first has these flags.
fn two(flags: u16) -> Vec<u8> {
    let mut first = Datagram::new(REGISTERED[0], b"of odd length");
    first.flags = flags;
    let mut bytes = first.bytes();
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    [bytes, Datagram::new(REGISTERED[1], b"second").bytes()].concat()
}

#[test]
fn what_follows_is_read_if_the_first_message_says_so() -> Result<(), TestCaseError> {
    let counts = [0, !MULTI, MULTI, !0].map(|flags| expected(&two(flags)).len());
    assert_eq!(counts, [1, 1, 2, 2]);
    check(&[two(0), two(!MULTI), two(MULTI), two(!0)])
}

#[test]
fn the_last_message_may_say_that_another_follows() -> Result<(), TestCaseError> {
    let mut only = Datagram::new(REGISTERED[0], b"only");
    only.flags = MULTI;
    check(&[only.bytes()])
}

#[test]
fn what_follows_a_message_to_nobody_is_read() -> Result<(), TestCaseError> {
    let mut to_nobody = Datagram::new(id(77, 77), b"lost");
    to_nobody.flags = MULTI;
    let both = [to_nobody.bytes(), two(0)].concat();
    assert_eq!(expected(&both).len(), 1);
    check(&[both])
}

#[test]
fn what_follows_a_malformed_message_is_not_read() -> Result<(), TestCaseError> {
    let mut malformed = Datagram::new(REGISTERED[0], b"");
    (malformed.flags, malformed.len) = (MULTI, 1);
    let both = [malformed.bytes(), two(0)].concat();
    assert_eq!(expected(&both), []);
    check(&[both])
}
