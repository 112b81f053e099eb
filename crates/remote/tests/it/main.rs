//! The client against a server that does as a script says, and against llama.cpp's own server.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends at the first surprise")]

mod checks;
mod faults;
mod generations;
mod peer;
mod real;
mod server;
mod support;
