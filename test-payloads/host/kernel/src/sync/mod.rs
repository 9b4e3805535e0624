// SPDX-License-Identifier: MIT OR Apache-2.0

//! Synchronisation.

mod arc;
pub mod atomic;
pub mod barrier;
mod condvar;
mod lock;
mod lock_map;
pub mod rcu;

pub use crate::{new_condvar, new_mutex, new_spinlock};
pub use arc::{Arc, ArcBorrow, UniqueArc};
pub use condvar::CondVar;
pub use lock::{Backend, Guard, Lock, Mutex, SpinLock};
pub use lock_map::{Entered, LockMap};
