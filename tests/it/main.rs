//! The command line and the REST interface end to end: the built programs, the real worker and the real default model.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod catalog;
mod common;
mod contract;
mod downloads;
mod exit_codes;
mod generate;
#[path = "../../crates/models/tests/it/hub/server.rs"]
mod hub_server;
mod inputs;
#[cfg(target_os = "linux")]
mod keyring;
#[cfg(target_os = "linux")]
mod kill;
mod lists;
mod load;
mod local_models;
mod machine;
#[path = "../../crates/remote/tests/it/peer.rs"]
mod peer;
mod pieces;
mod remote;
#[cfg(unix)]
mod runs_survive;
mod shipped;
mod side_by_side;
mod simulated;
mod t5gemma;
mod tls;
