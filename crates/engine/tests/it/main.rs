//! The engine from outside: the memory journal's compliance, the scripted model's, whole runs, and validation.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod branches;
mod compliance;
mod gate;
mod phrases;
mod preview;
mod rerun;
mod run;
mod validate;
