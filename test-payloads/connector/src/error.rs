// SPDX-License-Identifier: MIT OR Apache-2.0

//! What can go wrong between a client and the connector.

use std::time::Duration;

use nix::errno::Errno;

use crate::Id;
use crate::process::Unavailable;

/// Why a call of this crate failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The kernel refused a system call.
    #[error("cannot {action}: {errno}")]
    Refused {
        /// What was asked for, for example `join group 3`.
        action: String,
        /// The kernel's reason.
        errno: Errno,
    },
    /// The receive buffer was full (`ENOBUFS`): at least one datagram was not delivered. The
    /// socket goes on working; a larger `SO_RCVBUF` or a faster reader prevents it.
    #[error("the receive buffer was full and datagrams were lost; read faster or enlarge it")]
    Lost,
    /// What arrived is not a connector datagram.
    #[error("cannot read a datagram: {0}")]
    Malformed(#[from] Malformed),
    /// Nobody replied to a request in time: the driver is slow, gives no replies, or is not there.
    #[error("no reply from {}:{} within {patience:?}; is its driver loaded?", id.idx, id.val)]
    Unanswered {
        /// Whom the request was for.
        id: Id,
        /// How long the reply was waited for.
        patience: Duration,
    },
    /// The kernel sent what it should not.
    #[error("the kernel sent {0}, of which this version knows nothing")]
    Unexpected(String),
    /// There are no process events here.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl Error {
    /// The kernel's reason, if it was the kernel that refused.
    #[must_use]
    pub fn errno(&self) -> Option<Errno> {
        match self {
            Self::Refused { errno, .. } => Some(*errno),
            Self::Lost => Some(Errno::ENOBUFS),
            Self::Malformed(_)
            | Self::Unanswered { .. }
            | Self::Unexpected(_)
            | Self::Unavailable(_) => None,
        }
    }
}

/// A system call failed.
pub(crate) fn refused(action: &str, errno: Errno) -> Error {
    Error::Refused {
        action: action.to_owned(),
        errno,
    }
}

/// Why bytes are not a connector datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Less than a netlink header.
    #[error("{0} bytes are less than a netlink header")]
    Short(usize),
    /// The netlink header claims less than itself, or more than there is.
    #[error("the netlink header claims {claimed} bytes of {present}")]
    Claim {
        /// The length field.
        claimed: usize,
        /// The bytes there are.
        present: usize,
    },
    /// What is left is less than a message's header, or less than that header claims.
    #[error("the message at byte {0} ends behind its datagram")]
    Cut(usize),
    /// A message's data does not fit its 16-bit length field.
    #[error("{0} bytes of data are more than a message can carry")]
    Long(usize),
}
