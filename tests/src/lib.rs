//! What the end-to-end tests share: where the built programs and the models lie, a data folder of one's own, programs
//! that are run to their end or watched line by line, and a served Brickwork with a client for it.
//!
//! Everything here uses the programs from outside, as a user does. Whatever a test needs and does not find fails it with
//! a sentence that says how to get it; nothing is skipped.

mod events;
mod home;
mod places;
mod processes;
mod program;
mod server;

pub use events::{Event, Events};
pub use home::Home;
pub use places::{DEFAULT_MODEL, TEMPLATE_LESS_MODEL, model, models_dir, pipeline, pipelines_dir, program};
pub use processes::{children_of, is_alive, wait_until_gone};
pub use program::{Ended, Watched};
pub use server::{Answer, BASE, Request, Server};

use std::fs::File;

/// Waits for the machine's one turn to compute with a real model, and keeps it while the answer lives.
///
/// Test runners start several test processes at once. Two models side by side on a small machine would make every test
/// slow and say nothing more.
///
/// # Panics
/// When the lock file cannot be made beside the built programs.
#[must_use = "the turn ends when this is dropped"]
pub fn turn() -> File {
    let path = places::bin_dir().join("brickwork-e2e.lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .unwrap_or_else(|error| panic!("{} cannot be opened: {error}", path.display()));
    file.lock().unwrap_or_else(|error| panic!("{} cannot be locked: {error}", path.display()));
    file
}
