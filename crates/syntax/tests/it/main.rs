//! What the checks promise: errors with their places, bounded work, and conflicts among pieces.
#![allow(clippy::unwrap_used, reason = "a failed assumption is a failed test")]

mod assembling;
mod checking;
mod hostile;
mod outlining;
mod verifying;
