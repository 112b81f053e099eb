//! What a user of the crate relies on: the reference values of the tiny model, and models of other shapes against an
//! independent computation.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod fixture;
mod malformed;
mod models;
mod naive;
mod quantized;
mod reference;
mod shapes;
mod sizes;
mod writing;
