//! A journal and a clock that live in memory, for tests and for runs that nobody wants to keep.
//!
//! Both are pure: they neither read the machine's clock nor touch a file. The journal keeps the same promises as the
//! durable one (see [`crate::compliance::journal`]) except that it ends with the process.

use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use futures::FutureExt;
use futures::future::{BoxFuture, ready};

use crate::event::{RunEvent, RunEventKind};
use crate::ports::{Clock, Journal, JournalError};
use crate::run::{RunChange, RunId, RunRecord};
use crate::time::Timestamp;

/// A run and the changes that made it.
#[derive(Debug)]
struct Entry {
    record: RunRecord,
    events: Vec<RunEvent>,
}

/// A [`Journal`] in memory.
#[derive(Debug, Default)]
pub struct MemoryJournal {
    runs: Mutex<HashMap<RunId, Entry>>,
}

impl MemoryJournal {
    /// An empty journal.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    // A change is applied to a record completely or not at all, so a poisoned lock guards sound data.
    fn runs(&self) -> MutexGuard<'_, HashMap<RunId, Entry>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn append(&self, run_id: RunId, at: Timestamp, change: RunChange) -> Result<u64, JournalError> {
        let mut runs = self.runs();
        if let Some(entry) = runs.get_mut(&run_id) {
            entry.record.apply(at, &change)?;
            entry.events.push(event(run_id, entry.record.seq, at, change));
            return Ok(entry.record.seq);
        }
        let RunChange::Created { plan } = &change else {
            return Err(JournalError::UnknownRun(run_id));
        };
        let record = RunRecord::new(run_id, at, plan.clone());
        let seq = record.seq;
        runs.insert(run_id, Entry { record, events: vec![event(run_id, seq, at, change)] });
        Ok(seq)
    }
}

fn event(run_id: RunId, seq: u64, at: Timestamp, change: RunChange) -> RunEvent {
    RunEvent { run_id, seq: Some(seq), at, kind: RunEventKind::Change { change } }
}

impl Journal for MemoryJournal {
    fn record(&self, run_id: RunId, at: Timestamp, change: RunChange) -> BoxFuture<'_, Result<u64, JournalError>> {
        ready(self.append(run_id, at, change)).boxed()
    }

    fn load(&self, run_id: RunId) -> BoxFuture<'_, Result<Option<RunRecord>, JournalError>> {
        ready(Ok(self.runs().get(&run_id).map(|entry| entry.record.clone()))).boxed()
    }

    fn events(&self, run_id: RunId, after: u64) -> BoxFuture<'_, Result<Vec<RunEvent>, JournalError>> {
        let events = self.runs().get(&run_id).map(|entry| {
            entry.events.iter().filter(|event| event.seq.is_some_and(|seq| seq > after)).cloned().collect()
        });
        ready(Ok(events.unwrap_or_default())).boxed()
    }
}

/// A [`Clock`] that tells a time set by hand and moves on by a fixed step each time it is read.
#[derive(Debug)]
pub struct ManualClock {
    shared: Arc<ManualTime>,
    step_micros: i64,
}

#[derive(Debug)]
struct ManualTime {
    next_micros: AtomicI64,
    sleepers: Mutex<Vec<Waker>>,
}

impl ManualClock {
    /// A clock whose first reading is `start` and each later one `step_micros` microseconds on; 0 makes it stand still.
    #[must_use]
    pub fn new(start: Timestamp, step_micros: i64) -> Self {
        let time = ManualTime { next_micros: AtomicI64::new(start.as_micros()), sleepers: Mutex::default() };
        Self { shared: Arc::new(time), step_micros }
    }

    /// Makes `at` the next reading.
    pub fn set(&self, at: Timestamp) {
        self.shared.next_micros.store(at.as_micros(), Ordering::SeqCst);
        self.shared.wake();
    }
}

impl ManualTime {
    /// Lets every sleeper look whether its time has come.
    fn wake(&self) {
        for waker in self.sleepers.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            waker.wake();
        }
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        let now = self.shared.next_micros.fetch_add(self.step_micros, Ordering::SeqCst);
        self.shared.wake();
        Timestamp::from_micros(now)
    }

    #[expect(clippy::cast_possible_truncation, reason = "a float to integer cast saturates")]
    fn sleep(&self, seconds: f64) -> BoxFuture<'static, ()> {
        let time = Arc::clone(&self.shared);
        let until = time.next_micros.load(Ordering::SeqCst).saturating_add((seconds * 1e6) as i64);
        poll_fn(move |context| {
            // Registered before the look, so that no move of the clock falls between the two.
            time.sleepers.lock().unwrap_or_else(PoisonError::into_inner).push(context.waker().clone());
            if time.next_micros.load(Ordering::SeqCst) >= until { Poll::Ready(()) } else { Poll::Pending }
        })
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;

    use super::*;
    use crate::compliance::journal::journal_suite;

    #[test]
    fn memory_journal_passes_the_suite() {
        block_on(journal_suite(MemoryJournal::new));
    }

    #[test]
    fn manual_clock_steps_and_can_be_set() {
        let clock = ManualClock::new(Timestamp::from_micros(10), 5);
        assert_eq!([clock.now(), clock.now()], [10, 15].map(Timestamp::from_micros));
        clock.set(Timestamp::from_micros(100));
        assert_eq!([clock.now(), clock.now()], [100, 105].map(Timestamp::from_micros));
    }
}
