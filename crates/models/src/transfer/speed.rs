//! How fast a transfer has been over the last seconds.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Speed is told over so long a time.
const WINDOW: Duration = Duration::from_secs(5);
/// Two samples lie at least so far apart.
const STEP: Duration = Duration::from_millis(200);

/// The last moments and how many bytes were done at each.
#[derive(Debug, Default)]
pub(super) struct Speed(VecDeque<(Instant, u64)>);

impl Speed {
    /// Takes note of `done_bytes` at `now`.
    pub(super) fn note(&mut self, now: Instant, done_bytes: u64) {
        match self.0.back() {
            // A restart from zero or a pause makes what was measured before meaningless.
            Some((_, before)) if done_bytes < *before => self.0.clear(),
            Some((at, _)) if now.duration_since(*at) > WINDOW => self.0.clear(),
            Some((at, _)) if now.duration_since(*at) < STEP => return,
            _ => {}
        }
        while self.0.front().is_some_and(|(at, _)| now.duration_since(*at) > WINDOW) {
            self.0.pop_front();
        }
        self.0.push_back((now, done_bytes));
    }

    /// Forgets everything, at a pause.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Bytes per second at `now`, when `done_bytes` are done.
    pub(super) fn bytes_per_second(&self, now: Instant, done_bytes: u64) -> Option<u64> {
        let (at, before) = self.0.front()?;
        let passed_ms = u64::try_from(now.duration_since(*at).as_millis()).ok().filter(|passed| *passed >= 200)?;
        Some(done_bytes.checked_sub(*before)?.saturating_mul(1000) / passed_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speed_is_that_of_the_last_seconds() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut speed = Speed::default();
        assert_eq!(speed.bytes_per_second(at(0), 0), None);
        for second in 0..=10 {
            speed.note(at(second * 1000), second * 5_000);
        }
        assert_eq!(speed.bytes_per_second(at(10_000), 50_000), Some(5_000));
        speed.note(at(10_300), 10);
        assert_eq!(speed.bytes_per_second(at(11_300), 1_010), Some(1_000), "a restart is no negative speed");
    }
}
