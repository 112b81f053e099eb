//! What every [`Clock`] owes its callers.

use crate::ports::Clock;

/// Runs all checks against `clock`.
///
/// # Panics
/// When a check fails; the message names it.
pub fn clock_suite(clock: &dyn Clock) {
    let mut last = clock.now();
    for _ in 0..10_000 {
        let now = clock.now();
        assert!(now >= last, "a later reading is never an earlier instant: {now} came after {last}");
        last = now;
    }
    let (before, nap) = (clock.now(), 0.02);
    futures::executor::block_on(async {
        let mut sleep = clock.sleep(nap);
        // A clock that moves only when it is read is read until the sleeper wakes.
        while futures::poll!(&mut sleep).is_pending() {
            clock.now();
            std::thread::yield_now();
        }
    });
    let slept = clock.now().seconds_since(before);
    assert!(slept >= nap, "a sleep of {nap} s ended after {slept} s");
    let text = last.to_string();
    assert!(text.ends_with('Z') && text.contains('T'), "{text} is RFC 3339 in UTC");
    let parsed: crate::Timestamp = text.parse().expect("what a clock says can be read again");
    assert!((last.seconds_since(parsed)).abs() < 0.001, "written stamps keep milliseconds");
}
