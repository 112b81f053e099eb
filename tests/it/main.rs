//! The command line and the REST interface end to end: the built programs, the real worker and the real default model.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;
mod contract;
mod exit_codes;
mod generate;
mod inputs;
#[cfg(target_os = "linux")]
mod kill;
mod lists;
mod load;
#[cfg(unix)]
mod runs_survive;
mod shipped;
mod side_by_side;
mod simulated;
