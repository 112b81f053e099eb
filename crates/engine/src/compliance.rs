//! One suite per port, which every implementation runs in its own tests.
//!
//! A check panics with the row that failed; the suites need no executor of their own.

pub mod clock;
pub mod inference;
pub mod journal;
