//! The use cases on real data folders, with the scripted placeholder in place of models.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod backup;
mod library;
mod queue;
