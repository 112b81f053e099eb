//! Model files: headers handmade and real, the models folder, bindings and checksums.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bindings;
mod builder;
mod folder;
mod gguf;
mod real;
mod verify;
