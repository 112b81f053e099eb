//! What the extractor promises: hand-written cases by form, names, kinds, and the same result however a text is cut.
#![allow(clippy::unwrap_used, reason = "a failed assumption is a failed test")]

mod chunks;
mod corpus;
mod edits;
mod forms;
mod hostile;
mod kinds;
mod names;
mod pieces;
mod whole;
