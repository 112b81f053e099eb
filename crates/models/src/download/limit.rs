//! How many downloads are under way at once, and how fast all of them together may be.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;
use uuid::Uuid;

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Places for downloads that are under way, given in the order of asking.
pub(super) struct Slots {
    state: Mutex<SlotState>,
    changed: Notify,
}

struct SlotState {
    most: usize,
    used: usize,
    waiting: VecDeque<Uuid>,
}

/// A place; dropping it gives it back.
pub(super) struct Slot<'a>(&'a Slots);

/// A place in the line; dropping it leaves the line.
struct Ticket<'a>(&'a Slots, Uuid);

impl Slots {
    pub(super) fn new(most: usize) -> Self {
        let state = SlotState { most, used: 0, waiting: VecDeque::new() };
        Self { state: Mutex::new(state), changed: Notify::new() }
    }

    pub(super) fn set_most(&self, most: usize) {
        locked(&self.state).most = most;
        self.changed.notify_waiters();
    }

    /// Waits for a place.
    pub(super) async fn take(&self) -> Slot<'_> {
        let ticket = Ticket(self, Uuid::now_v7());
        locked(&self.state).waiting.push_back(ticket.1);
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // From here on no change is missed.
            changed.as_mut().enable();
            if let Some(slot) = self.try_take(ticket.1) {
                return slot;
            }
            changed.await;
        }
    }

    fn try_take(&self, ticket: Uuid) -> Option<Slot<'_>> {
        let mut state = locked(&self.state);
        if state.used >= state.most || state.waiting.front() != Some(&ticket) {
            return None;
        }
        state.used += 1;
        Some(Slot(self))
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        locked(&self.0.state).waiting.retain(|waiting| *waiting != self.1);
        self.0.changed.notify_waiters();
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        locked(&self.0.state).used -= 1;
        self.0.changed.notify_waiters();
    }
}

/// Spreads bytes over time.
#[derive(Default)]
pub(super) struct Limiter(Mutex<LimiterState>);

#[derive(Default)]
struct LimiterState {
    bytes_per_second: Option<u64>,
    /// When everything that was let through before has had its time.
    free_at: Option<Instant>,
}

impl Limiter {
    pub(super) fn set(&self, bytes_per_second: Option<u64>) {
        let mut state = locked(&self.0);
        if state.bytes_per_second != bytes_per_second {
            *state = LimiterState { bytes_per_second: bytes_per_second.filter(|rate| *rate > 0), free_at: None };
        }
    }

    /// Waits until `n_bytes` more are within the limit.
    pub(super) async fn pass(&self, n_bytes: u64) {
        let wait_until = {
            let mut state = locked(&self.0);
            let Some(rate) = state.bytes_per_second else { return };
            let now = Instant::now();
            let begins = state.free_at.filter(|at| *at > now).unwrap_or(now);
            let takes = Duration::from_micros(n_bytes.saturating_mul(1_000_000) / rate);
            state.free_at = Some(begins + takes);
            begins + takes
        };
        tokio::time::sleep_until(wait_until).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn no_more_than_so_many_at_once() {
        let slots = Arc::new(Slots::new(2));
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let work = (0..12).map(|_| {
            let (slots, now, most) = (Arc::clone(&slots), Arc::clone(&now), Arc::clone(&most));
            tokio::spawn(async move {
                let _slot = slots.take().await;
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(5)).await;
                now.fetch_sub(1, Ordering::SeqCst);
            })
        });
        for done in futures::future::join_all(work).await {
            assert!(done.is_ok());
        }
        assert_eq!(most.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn who_leaves_the_line_blocks_nobody() {
        let slots = Slots::new(1);
        let first = slots.take().await;
        {
            let waiting = slots.take();
            tokio::pin!(waiting);
            assert!(tokio::time::timeout(Duration::from_millis(5), waiting).await.is_err());
        }
        drop(first);
        assert!(tokio::time::timeout(Duration::from_secs(5), slots.take()).await.is_ok());
    }

    #[tokio::test]
    async fn bytes_are_spread_over_time() {
        let limiter = Limiter::default();
        limiter.set(Some(100_000));
        let begun = Instant::now();
        futures::join!(limiter.pass(10_000), limiter.pass(10_000));
        assert!(begun.elapsed() >= Duration::from_millis(195), "{:?}", begun.elapsed());
        limiter.set(None);
        let begun = Instant::now();
        limiter.pass(u64::MAX).await;
        assert!(begun.elapsed() < Duration::from_secs(1));
    }
}
