//! The suites of the ports on the implementations that need nothing but memory.

use brickwork_engine::compliance::clock::clock_suite;
use brickwork_engine::compliance::inference::inference_suite;
use brickwork_engine::compliance::journal::journal_suite;
use brickwork_engine::{ManualClock, MemoryJournal, ModelRef, ScriptedInference, Timestamp};
use futures::executor::block_on;

#[test]
fn the_memory_journal_keeps_its_promises() {
    block_on(journal_suite(MemoryJournal::new));
}

#[test]
fn the_manual_clock_keeps_its_promises() {
    clock_suite(&ManualClock::new(Timestamp::from_micros(0), 3));
}

#[test]
fn the_scripted_model_keeps_its_promises() {
    block_on(inference_suite(&ScriptedInference::default(), &ModelRef::scripted()));
}
