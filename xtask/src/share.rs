// SPDX-License-Identifier: MIT OR Apache-2.0

//! The host's processors and memory, shared among guests. A guest that has fewer processors than it
//! believes waits for itself: one of them holds what the other needs.

use std::fs;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// What QEMU takes beside the memory of its guest, in MiB: of the order of what it was seen to take
/// while it emulates.
const QEMU: u64 = 128;

/// Processors, and memory in MiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Amount {
    processors: u64,
    memory: u64,
}

/// The host, and what of it no guest has.
pub(crate) struct Share {
    all: Amount,
    free: Mutex<Amount>,
    given_back: Condvar,
    /// Who comes first is served first, so that nobody waits for ever.
    turn: Mutex<()>,
}

/// Some of it, until this is dropped.
pub(crate) struct Taken<'a> {
    of: &'a Share,
    amount: Amount,
}

impl Amount {
    /// As much as is wanted, or as there is.
    fn at_most(self, all: Self) -> Self {
        Self {
            processors: self.processors.min(all.processors),
            memory: self.memory.min(all.memory),
        }
    }

    fn has(self, other: Self) -> bool {
        self.processors >= other.processors && self.memory >= other.memory
    }

    fn plus(self, other: Self) -> Self {
        Self {
            processors: self.processors + other.processors,
            memory: self.memory + other.memory,
        }
    }

    fn minus(self, other: Self) -> Self {
        Self {
            processors: self.processors - other.processors,
            memory: self.memory - other.memory,
        }
    }
}

impl Share {
    /// Every processor, and the memory that is available now; where the kernel does not say how much
    /// that is, there is no limit to it.
    pub(crate) fn of_host() -> Self {
        let processors = thread::available_parallelism().map_or(1, |count| count.get() as u64);
        let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        Self::of(Amount {
            processors,
            memory: available(&text).unwrap_or(u64::MAX),
        })
    }

    fn of(all: Amount) -> Self {
        Self {
            all,
            free: Mutex::new(all),
            given_back: Condvar::new(),
            turn: Mutex::new(()),
        }
    }

    /// How many guests of one processor there is room for.
    pub(crate) fn processors(&self) -> usize {
        usize::try_from(self.all.processors).unwrap_or(usize::MAX)
    }

    /// Waits until there is room for a guest with so many processors and MiB, or nothing is taken
    /// and it never gets as much.
    pub(crate) fn take(&self, processors: u32, memory: u32) -> Taken<'_> {
        let wanted = Amount {
            processors: processors.into(),
            memory: u64::from(memory) + QEMU,
        };
        let amount = wanted.at_most(self.all);
        let _turn = locked(&self.turn);
        let mut free = locked(&self.free);
        while !free.has(amount) {
            let woken = self.given_back.wait(free);
            free = woken.unwrap_or_else(PoisonError::into_inner);
        }
        *free = free.minus(amount);
        Taken { of: self, amount }
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        let mut free = locked(&self.of.free);
        *free = free.plus(self.amount);
        self.of.given_back.notify_all();
    }
}

/// An amount is whole also when a thread has died with it.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads `MemAvailable:   24046720 kB`, in MiB.
fn available(meminfo: &str) -> Option<u64> {
    let mut lines = meminfo.lines();
    let value = lines.find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = value.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib / 1024)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// The most of each that was ever taken, when guests of these `(processors, memory)` come.
    fn most(share: &Share, guests: &[(u32, u32)]) -> (u64, u64) {
        let counters: [AtomicU64; 4] = Default::default();
        let [processors, most_processors, memory, most_memory] = &counters;
        let enter = |now: &AtomicU64, most: &AtomicU64, count| {
            most.fetch_max(
                now.fetch_add(count, Ordering::SeqCst) + count,
                Ordering::SeqCst,
            );
        };
        thread::scope(|scope| {
            for guest in guests {
                scope.spawn(move || {
                    let taken = share.take(guest.0, guest.1);
                    enter(processors, most_processors, taken.amount.processors);
                    enter(memory, most_memory, taken.amount.memory);
                    thread::yield_now();
                    processors.fetch_sub(taken.amount.processors, Ordering::SeqCst);
                    memory.fetch_sub(taken.amount.memory, Ordering::SeqCst);
                });
            }
        });
        let read = |counter: &AtomicU64| counter.load(Ordering::SeqCst);
        (read(most_processors), read(most_memory))
    }

    #[test]
    fn guests_never_have_more_processors_than_there_are() {
        let all = Amount {
            processors: 3,
            memory: u64::MAX,
        };
        let share = Share::of(all);
        let guests = [1, 2, 3, 9, 1, 2, 3, 9].map(|processors| (processors, 1));
        assert_eq!(most(&share, &guests).0, 3);
        assert_eq!(*locked(&share.free), all);
    }

    #[test]
    fn guests_never_have_more_memory_than_there_is() {
        let all = Amount {
            processors: 8,
            memory: 2 * (QEMU + 100),
        };
        let share = Share::of(all);
        let guests = [100, 100, 100, 100, 5000].map(|memory| (1, memory));
        assert!(most(&share, &guests).1 <= all.memory);
        assert_eq!(*locked(&share.free), all);
    }

    #[test]
    fn what_is_available_is_what_the_kernel_says() {
        let text = "MemTotal:       24634784 kB\nMemAvailable:   20480000 kB\n";
        assert_eq!(available(text), Some(20_000));
        assert_eq!(available("MemTotal: 1 kB\n"), None);
    }
}
