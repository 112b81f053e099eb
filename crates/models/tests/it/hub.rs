//! The hub client and the downloads, against a hub that misbehaves.

mod downloads;
mod faults;
mod listing;
mod server;
mod world;
