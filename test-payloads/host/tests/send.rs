// SPDX-License-Identifier: MIT OR Apache-2.0

//! Where a driver's messages go, and what it is told.

use std::collections::BTreeMap;
use std::ffi::c_int;

use host::{Core, Id, add, cases, del, id, record};
use kernel::alloc::flags::GFP_KERNEL;
use kernel::bindings::{cn_msg, cn_netlink_send};
use kernel::error::code::{ECONNREFUSED, ENODEV, ESRCH};
use kernel::host::user::{Socket, set_capability};
use proptest::prelude::*;
use proptest::test_runner::Config;

/// One to whom no socket belongs, and those of the sockets.
const PORTS: [u32; 3] = [99, 1, 2];

/// Who listens to what.
type Listeners = BTreeMap<u32, Vec<u32>>;

/// A message, as a driver has it: the payload follows its header.
#[repr(C)]
struct Message {
    header: cn_msg,
    payload: [u8; 6],
}

#[derive(Clone, Debug)]
struct Case {
    id: Id,
    registered: bool,
    portid: u32,
    group: u32,
    seq: u32,
    len: u16,
    listeners: Listeners,
}

impl Case {
    /// The datagram that is to arrive: NLMSG_DONE from port 0, with the message's `seq`.
    fn datagram(&self) -> Vec<u8> {
        let message = self.message();
        let len = 16 + 20 + usize::from(self.len);
        let mut bytes = (len as u32).to_ne_bytes().to_vec();
        bytes.extend(3u16.to_ne_bytes());
        bytes.extend([0; 2]);
        bytes.extend(self.seq.to_ne_bytes());
        bytes.extend([0; 4]);
        for number in [self.id.idx, self.id.val, self.seq, 8] {
            bytes.extend(number.to_ne_bytes());
        }
        bytes.extend(self.len.to_ne_bytes());
        bytes.extend([0; 2]);
        bytes.extend(&message.payload[..usize::from(self.len)]);
        bytes.resize(len.next_multiple_of(4), 0);
        bytes
    }

    fn message(&self) -> Message {
        Message {
            header: cn_msg {
                id: self.id,
                seq: self.seq,
                ack: 8,
                len: self.len,
                ..cn_msg::default()
            },
            payload: *b"123456",
        }
    }

    /// What is returned and who receives, as `cn_netlink_send_mult()` of the C core has it.
    fn expected(&self) -> (c_int, Vec<u32>) {
        let group = match (self.portid, self.group) {
            (0, 0) if !self.registered => return (ENODEV.to_errno(), vec![]),
            (0, 0) => self.id.idx,
            (_, group) => group,
        };
        let members = self
            .listeners
            .iter()
            .filter(|(_, groups)| groups.contains(&group));
        let members = Vec::from_iter(members.map(|(portid, _)| *portid));
        if self.portid == 0 && members.is_empty() {
            return (ESRCH.to_errno(), vec![]);
        }
        if group == 0 {
            return match self.listeners.contains_key(&self.portid) {
                true => (self.datagram().len() as c_int, vec![self.portid]),
                false => (ECONNREFUSED.to_errno(), vec![]),
            };
        }
        let receivers = Vec::from_iter(members.into_iter().filter(|p| *p != self.portid));
        match receivers.is_empty() {
            true => (ESRCH.to_errno(), vec![]),
            false => (0, receivers),
        }
    }
}

fn case() -> impl Strategy<Value = Case> {
    let groups = || prop::collection::vec(1..4u32, 0..3);
    (
        (0..4u32, 0..2u32).prop_map(|(idx, val)| id(idx, val)),
        any::<bool>(),
        prop_oneof![2 => Just(0), 1 => prop::sample::select(PORTS.to_vec())],
        prop_oneof![2 => Just(0), 1 => 1..4u32],
        (any::<u32>(), 0..=6u16),
        (groups(), groups()),
    )
        .prop_map(
            |(id, registered, portid, group, (seq, len), (one, two))| Case {
                id,
                registered,
                portid,
                group,
                seq,
                len,
                listeners: [(PORTS[1], one), (PORTS[2], two)].into(),
            },
        )
}

fn check(case: &Case) -> Result<(), TestCaseError> {
    let _core = Core::load();
    set_capability(Some(kernel::bindings::CAP_NET_ADMIN as i32));
    let sockets = case.listeners.iter().map(|(&portid, groups)| {
        let socket = Socket::open(portid);
        groups
            .iter()
            .for_each(|&group| assert_eq!(socket.join(group), Ok(())));
        (portid, socket)
    });
    let sockets = BTreeMap::from_iter(sockets);
    set_capability(None);
    // An id beside the one that is asked for must not help.
    let other = id(case.id.idx, case.id.val + 7);
    prop_assert_eq!(add(other, c"other", record), 0);
    if case.registered {
        prop_assert_eq!(add(case.id, c"driver", record), 0);
    }

    let mut message = case.message();
    let at = (&raw mut message).cast::<cn_msg>();
    // SAFETY: The message is valid, with more bytes behind it than it says.
    let result = unsafe { cn_netlink_send(at, case.portid, case.group, GFP_KERNEL.as_raw()) };

    del(case.id);
    del(other);
    let (wanted, receivers) = case.expected();
    prop_assert_eq!(result, wanted);
    for (portid, socket) in &sockets {
        let arrived = Vec::from_iter(receivers.contains(portid).then(|| case.datagram()));
        prop_assert_eq!(socket.receive(), arrived, "port {}", portid);
    }
    Ok(())
}

proptest! {
    #![proptest_config(Config {
        cases: cases(2048, 8),
        failure_persistence: None,
        ..Config::default()
    })]

    #[test]
    fn anywhere(case in case()) {
        check(&case)?;
    }
}
