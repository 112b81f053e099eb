//! What the small files of a T5Gemma folder say.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod config;
mod form;
