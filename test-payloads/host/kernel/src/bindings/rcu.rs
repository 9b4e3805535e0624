// SPDX-License-Identifier: MIT OR Apache-2.0

//! `linux/rcupdate.h`: RCU, with grace periods that wait for the readers and for nothing else.
//! Readers share no variable, so that a missing barrier is not hidden.

use std::sync::atomic::{fence, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::context;
use crate::host::log;

/// A thread that has ever read.
struct Reader {
    /// The number of the grace period in which its critical section began; 0 outside of one.
    since: AtomicU64,
}

/// The threads that a grace period waits for.
static READERS: Mutex<Vec<Arc<Reader>>> = Mutex::new(Vec::new());

/// The number of the current grace period.
static PERIOD: AtomicU64 = AtomicU64::new(1);

/// A thread's entry in [`READERS`], which goes when the thread ends.
struct Registered(Arc<Reader>);

impl Registered {
    fn new() -> Self {
        let reader = Arc::new(Reader {
            since: AtomicU64::new(0),
        });
        let mut readers = READERS.lock().unwrap_or_else(PoisonError::into_inner);
        readers.push(Arc::clone(&reader));
        Self(reader)
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        let mut readers = READERS.lock().unwrap_or_else(PoisonError::into_inner);
        readers.retain(|reader| !Arc::ptr_eq(reader, &self.0));
    }
}

thread_local! {
    static HERE: Registered = Registered::new();
}

/// Enters a read-side critical section; they nest.
///
/// # Safety
///
/// As in C.
pub unsafe fn rcu_read_lock() {
    if context::reader_enters() {
        let period = PERIOD.load(Ordering::Relaxed);
        HERE.with(|here| here.0.since.store(period, Ordering::Relaxed));
        // With the first one in `synchronize_rcu`: either that one sees the reader, or the reader
        // sees what was written before it.
        fence(Ordering::SeqCst);
    }
}

/// Leaves a read-side critical section.
///
/// # Safety
///
/// As in C: the thread must be in one.
pub unsafe fn rcu_read_unlock() {
    if context::reader_leaves() {
        HERE.with(|here| here.0.since.store(0, Ordering::Release));
    }
}

/// Waits until all critical sections are over that have begun before.
///
/// # Safety
///
/// As in C.
pub unsafe fn synchronize_rcu() {
    if !context::might_sleep("waiting for a grace period") {
        // It would wait for itself.
        return;
    }
    fence(Ordering::SeqCst);
    let period = PERIOD.fetch_add(1, Ordering::Relaxed) + 1;
    let readers = READERS
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    for reader in readers {
        let outside = |since| since == 0 || since >= period;
        while !outside(reader.since.load(Ordering::Acquire)) {
            std::thread::yield_now();
        }
    }
    fence(Ordering::SeqCst);
}

/// `struct callback_head`: what is to be called after a grace period.
pub struct callback_head {
    _opaque: [usize; 2],
}

type Callback = unsafe extern "C" fn(*mut callback_head);

/// A callback that waits. The pointer is that of who handed it over.
struct Waiting(*mut callback_head, Callback);

// SAFETY: Who hands a callback over lets it be called on any thread.
unsafe impl Send for Waiting {}

static BARRIER: Mutex<()> = Mutex::new(());
static WAITING: Mutex<Vec<Waiting>> = Mutex::new(Vec::new());

/// Has `callback` called with `head` after a grace period: by the next [`rcu_barrier`], or by a
/// test.
///
/// # Safety
///
/// As in C: `head` is not used for anything else until then.
pub unsafe fn call_rcu(head: *mut callback_head, callback: Option<Callback>) {
    let mut waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
    if waiting.iter().any(|other| std::ptr::eq(other.0, head)) {
        log::bug(format_args!("call_rcu() with a head that waits already"));
    } else if let Some(callback) = callback {
        waiting.push(Waiting(head, callback));
    }
}

/// Waits until all callbacks have been called that were handed over before. They may not sleep.
///
/// # Safety
///
/// As in C.
pub unsafe fn rcu_barrier() {
    // Who comes second waits for the callbacks that the first one took.
    let _turn = BARRIER.lock().unwrap_or_else(PoisonError::into_inner);
    let waiting = std::mem::take(&mut *WAITING.lock().unwrap_or_else(PoisonError::into_inner));
    // SAFETY: As for this function.
    unsafe { synchronize_rcu() };
    for Waiting(head, callback) in waiting {
        context::spinlock_taken();
        // SAFETY: A grace period is over, and nobody else has taken this one out.
        unsafe { callback(head) };
        context::spinlock_released();
    }
}
