// SPDX-License-Identifier: MIT OR Apache-2.0

//! Why there are no process events to be had.

use std::fs;
use std::os::unix::fs::MetadataExt;

use nix::errno::Errno;

use crate::Error;
use crate::process::ID;

// The numbers of the initial namespaces never change (`include/uapi/linux/nsfs.h`).
const INITIAL_USER: u64 = 0xEFFF_FFFD;
const INITIAL_PID: u64 = 0xEFFF_FFFC;

/// Why there are no process events to be had here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unavailable {
    /// There is no such protocol.
    #[error(
        "this kernel has no connector; it needs CONFIG_CONNECTOR, and the module cn if it is one"
    )]
    NoConnector,
    /// There is a connector, but nobody who reports events.
    #[error("this kernel has no process events; it needs CONFIG_PROC_EVENTS")]
    NoProcessEvents,
    /// Other network namespaces than the initial one have no connector.
    #[error("the connector is in the initial network namespace only, and this process is not")]
    NetworkNamespace,
    /// The kernel ignores who asks from another user namespace.
    #[error(
        "process events are for the initial user namespace only, and this process is not in it"
    )]
    UserNamespace,
    /// The kernel ignores who asks from another pid namespace.
    #[error("process events are for the initial pid namespace only, and this process is not in it")]
    PidNamespace,
    /// Events have times of the initial time namespace, and the list has others here.
    #[error("process events and this process are of different time namespaces; run it outside")]
    TimeNamespace,
    /// `/proc` is not mounted, or shows this user only his own processes (`hidepid`).
    #[error("/proc does not show all processes; mount it without hidepid, or run as root")]
    HiddenProcesses,
    /// Linux before 6.6 has process events for `CAP_NET_ADMIN` only.
    #[error("this kernel lets only the privileged listen to process events; run as root")]
    NotPermitted,
    /// All seems well, and yet no answer came.
    #[error(
        "the kernel does not answer a request for process events; \
         another program may have spoiled its count of listeners"
    )]
    Silent,
}

impl Unavailable {
    /// What an error at opening the socket, at joining the group or at asking means.
    pub(crate) fn explained(error: Error) -> Error {
        match error.errno() {
            Some(Errno::EPROTONOSUPPORT | Errno::EAFNOSUPPORT) => Self::NoConnector.into(),
            Some(Errno::ECONNREFUSED) => Self::NetworkNamespace.into(),
            // From other user namespaces, a kernel may refuse to let the group be joined.
            Some(Errno::EPERM) if is_elsewhere("user", INITIAL_USER) => Self::UserNamespace.into(),
            Some(Errno::EPERM) => Self::NotPermitted.into(),
            _ => error,
        }
    }

    /// Why the kernel, which answers before the call that asks returns, has not answered.
    pub(crate) fn of_silence() -> Self {
        if is_elsewhere("user", INITIAL_USER) {
            Self::UserNamespace
        } else if is_elsewhere("pid", INITIAL_PID) {
            Self::PidNamespace
        } else if fs::read_to_string("/proc/net/connector").is_ok_and(|table| !lists(&table)) {
            Self::NoProcessEvents
        } else {
            Self::Silent
        }
    }
}

/// Whether this thread is in another namespace than that number's. Not known without `/proc`.
fn is_elsewhere(kind: &str, initial: u64) -> bool {
    fs::metadata(format!("/proc/thread-self/ns/{kind}"))
        .is_ok_and(|namespace| namespace.ino() != initial)
}

/// Whether the table of registered ids has that of process events.
fn lists(table: &str) -> bool {
    let id = format!("{}:{}", ID.idx, ID.val);
    table
        .lines()
        .any(|line| line.split_whitespace().next_back() == Some(&id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::refused;

    #[test]
    fn the_table_tells_who_is_there() {
        let header = "Name            ID\n";
        assert!(!lists(header));
        assert!(!lists(&format!(
            "{header}w1              3:1\nother 11:1\n"
        )));
        assert!(lists(&format!("{header}cn_proc         1:1\n")));
    }

    #[test]
    fn refusals_are_explained_and_others_kept() {
        let explained = |errno| Unavailable::explained(refused("try", errno));
        assert_eq!(
            explained(Errno::ECONNREFUSED),
            Unavailable::NetworkNamespace.into()
        );
        assert_eq!(
            explained(Errno::EPROTONOSUPPORT),
            Unavailable::NoConnector.into()
        );
        assert_eq!(explained(Errno::ENOMEM), refused("try", Errno::ENOMEM));
    }
}
