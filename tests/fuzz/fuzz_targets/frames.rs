//! Frames between program and worker: the same messages and faults however the bytes are cut, and no panic.
#![no_main]

use std::fmt::Debug;

use brickwork_worker_protocol::{FrameDecoder, FromWorker, ToWorker};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

/// Everything that comes out when the bytes come in pieces of `size`.
fn decoded<T: serde::de::DeserializeOwned + Debug>(data: &[u8], size: usize) -> Vec<String> {
    let mut decoder = FrameDecoder::<T>::with_limit(4096);
    let mut seen = Vec::new();
    for piece in data.chunks(size) {
        decoder.push(piece);
        while let Some(frame) = decoder.next_frame() {
            seen.push(format!("{frame:?}"));
        }
    }
    seen
}

fn check<T: serde::de::DeserializeOwned + Debug>(data: &[u8], size: usize) {
    assert_eq!(decoded::<T>(data, data.len().max(1)), decoded::<T>(data, size));
}

fuzz_target!(|data: &[u8]| {
    let Some((size, data)) = data.split_first() else { return };
    let size = usize::from(*size).max(1);
    check::<ToWorker>(data, size);
    check::<FromWorker>(data, size);
    check::<Value>(data, size);
});
