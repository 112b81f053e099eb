//! Model files: headers handmade and real, the models folder, bindings and checksums.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod architectures;
mod bindings;
mod builder;
mod bundle;
mod corruptions;
mod folder;
mod found;
mod gguf;
mod hub;
mod import;
mod large_bundle;
mod loading;
mod malformed;
mod real;
mod safetensors;
mod shards;
mod verify;
