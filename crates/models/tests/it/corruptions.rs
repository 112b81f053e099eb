//! Row 8: real headers with one byte changed.
//!
//! Most of a header is vocabulary, where a change is only another word; so a part of the changes goes where counts, types
//! and offsets are: to the beginning, and to the list of tensors at the end.

use std::fs;
use std::io::Cursor;
use std::path::Path;
use std::time::{Duration, Instant};

use brickwork_models::DEFAULT_MODEL_ID;
use brickwork_models::gguf::{read_header, read_header_from};

use crate::real::model;

/// A byte that is changed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Change {
    pub(crate) at: usize,
    pub(crate) byte: u8,
}

/// Numbers that are the same in every run: SplitMix64 (Steele, Lea and Flood 2014).
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }
}

/// `n` changes of the first `header_bytes` of `bytes`.
pub(crate) fn changes(bytes: &[u8], header_bytes: usize, n: usize, seed: u64) -> Vec<Change> {
    let mut numbers = Numbers(seed);
    let (beginning, end) = (4096, 24 << 10);
    (0..n)
        .map(|n| {
            let at = match n % 5 {
                0 | 1 => numbers.below(header_bytes),
                2 => numbers.below(beginning),
                _ => header_bytes - 1 - numbers.below(end),
            };
            let flip = match numbers.below(2) {
                0 => 1 << numbers.below(8),
                _ => 1 + numbers.below(255) as u8,
            };
            Change { at, byte: bytes[at] ^ flip }
        })
        .collect()
}

/// Bytes before the tensors' data.
pub(crate) fn header_bytes(path: &Path) -> usize {
    let info = read_header(path).unwrap();
    (info.size_bytes - info.tensor_bytes) as usize
}

/// The most memory that this process has used, in KiB; 0 where the system does not tell.
fn peak_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// Reads the header of the model `id` with each of `n` bytes changed; returns how many were refused.
fn try_all(id: &str, n: usize, seed: u64) -> usize {
    let path = model(id);
    let header = header_bytes(&path);
    let mut bytes = fs::read(&path).unwrap();
    let size = bytes.len() as u64;
    let peak = peak_kib();
    let mut refused = 0;
    for Change { at, byte } in changes(&bytes, header, n, seed) {
        let before = std::mem::replace(&mut bytes[at], byte);
        let start = Instant::now();
        match read_header_from(Cursor::new(&bytes), size) {
            Ok(info) => assert_eq!(info.size_bytes, size, "byte {at} as {byte}"),
            Err(fault) => {
                refused += 1;
                assert!(fault.to_string().len() < 100_000, "byte {at} as {byte}");
            }
        }
        assert!(start.elapsed() < Duration::from_secs(5), "byte {at} as {byte} takes long");
        bytes[at] = before;
    }
    let grown = peak_kib().saturating_sub(peak);
    // Other tests of the same process may read whole models meanwhile; what a header claims can be far more.
    assert!(grown < 768 << 10, "the memory grew by {grown} KiB");
    refused
}

#[test]
fn row_08_nine_thousand_changed_bytes_of_the_default_model() {
    let refused = try_all(DEFAULT_MODEL_ID, 9000, 1);
    assert!((1000..8900).contains(&refused), "{refused} of 9000 were refused");
}

#[test]
fn row_08_a_thousand_changed_bytes_of_the_gemma_model() {
    let refused = try_all("gemma-3-270m-q4_k_m", 1000, 2);
    assert!((100..980).contains(&refused), "{refused} of 1000 were refused");
}
