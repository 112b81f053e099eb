//! The way into the worker: one job at a time goes through, the one that came first before all others.
//!
//! A place is kept for the whole of a job. A job that was in a worker which is lost is called back to its place, which lies
//! before those of all jobs that came later: they wait until it has gone through again or has ended.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// One door; jobs stand before it or have gone through.
#[derive(Debug, Default)]
pub(crate) struct Door {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    last_place: u64,
    /// Whether somebody is going through.
    is_taken: bool,
    /// Places before the door, those included whose jobs are on their way back to it.
    before: BTreeSet<u64>,
    /// Places of those who have gone through.
    behind: BTreeSet<u64>,
}

/// A job's place in the order of all jobs; given up when it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    door: Arc<Door>,
    number: u64,
}

/// Whoever holds it is alone in the door.
#[derive(Debug)]
pub(crate) struct Passage {
    door: Arc<Door>,
}

impl Door {
    /// The last place.
    pub(crate) fn place(self: &Arc<Self>) -> Place {
        let mut state = self.state();
        state.last_place += 1;
        let number = state.last_place;
        state.before.insert(number);
        drop(state);
        Place { door: Arc::clone(self), number }
    }

    /// Calls the job with the place `number` back, if it still keeps its place.
    pub(crate) fn call_back(&self, number: u64) {
        let mut state = self.state();
        if state.behind.remove(&number) {
            state.before.insert(number);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Its number; smaller ones come first.
    pub(crate) const fn number(&self) -> u64 {
        self.number
    }

    /// Waits until it is this place's turn.
    pub(crate) async fn enter(&self) -> Passage {
        self.door.call_back(self.number);
        loop {
            let changed = self.door.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if let Some(passage) = self.try_enter() {
                return passage;
            }
            changed.await;
        }
    }

    fn try_enter(&self) -> Option<Passage> {
        let mut state = self.door.state();
        if state.is_taken || state.before.first() != Some(&self.number) {
            return None;
        }
        state.is_taken = true;
        state.before.remove(&self.number);
        state.behind.insert(self.number);
        Some(Passage { door: Arc::clone(&self.door) })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.door.state();
        state.before.remove(&self.number);
        state.behind.remove(&self.number);
        drop(state);
        self.door.changed.notify_waiters();
    }
}

impl Drop for Passage {
    fn drop(&mut self) {
        self.door.state().is_taken = false;
        self.door.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn jobs_go_through_in_order_and_those_called_back_first() {
        let door = Arc::new(Door::default());
        let [first, second, third] = [door.place(), door.place(), door.place()];
        assert!(second.enter().now_or_never().is_none(), "the first one has not come yet");
        let passage = first.enter().await;
        assert!(second.enter().now_or_never().is_none(), "the first one is still in the door");
        drop(passage);
        drop(second.enter().await);

        door.call_back(first.number());
        assert!(third.enter().now_or_never().is_none(), "the first one comes again");
        drop(first.enter().await);
        door.call_back(first.number());
        drop(first);
        drop(third.enter().now_or_never().expect("nobody is before it"));
    }
}
