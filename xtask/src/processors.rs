// SPDX-License-Identifier: MIT OR Apache-2.0

//! The host's processors, shared among guests. A guest that has fewer of them than it believes
//! waits for itself: one of its processors holds what the other needs.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Those that no guest has.
pub(crate) struct Processors {
    all: usize,
    free: Mutex<usize>,
    given_back: Condvar,
    /// Who comes first is served first, so that nobody waits for ever.
    turn: Mutex<()>,
}

/// Some of them, until this is dropped.
pub(crate) struct Taken<'a> {
    of: &'a Processors,
    count: usize,
}

impl Processors {
    /// So many, all free.
    pub(crate) fn new(all: usize) -> Self {
        Self {
            all,
            free: Mutex::new(all),
            given_back: Condvar::new(),
            turn: Mutex::new(()),
        }
    }

    /// Waits until `wanted` are free, or all, if there are fewer.
    pub(crate) fn take(&self, wanted: u32) -> Taken<'_> {
        let count = usize::try_from(wanted).map_or(self.all, |wanted| wanted.min(self.all));
        let _turn = locked(&self.turn);
        let mut free = locked(&self.free);
        while *free < count {
            let woken = self.given_back.wait(free);
            free = woken.unwrap_or_else(PoisonError::into_inner);
        }
        *free -= count;
        Taken { of: self, count }
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        *locked(&self.of.free) += self.count;
        self.of.given_back.notify_all();
    }
}

/// A number is whole also when a thread has died with it.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    #[test]
    fn guests_never_have_more_than_there_are() {
        let processors = Processors::new(3);
        let (running, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for wanted in [1, 2, 3, 9, 1, 2, 3, 9] {
                let (processors, running, most) = (&processors, &running, &most);
                scope.spawn(move || {
                    let taken = processors.take(wanted);
                    let now = running.fetch_add(taken.count, Ordering::SeqCst) + taken.count;
                    most.fetch_max(now, Ordering::SeqCst);
                    thread::yield_now();
                    running.fetch_sub(taken.count, Ordering::SeqCst);
                });
            }
        });
        assert_eq!(most.into_inner(), 3);
        assert_eq!(*locked(&processors.free), 3);
    }
}
