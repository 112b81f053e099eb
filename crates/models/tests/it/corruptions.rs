//! Row 8: real headers with one byte changed.
//!
//! Most of a header is vocabulary, where a change is only another word; so a part of the changes goes where counts, types
//! and offsets are: to the beginning, and to the list of tensors at the end.

use std::fs;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use brickwork_models::DEFAULT_MODEL_ID;
use brickwork_models::gguf::{read_header, read_header_from};

use crate::real::model;

/// A header is read in milliseconds; a machine that is busy with other work may take seconds.
const HANG: Duration = Duration::from_secs(60);

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

/// The bytes of a file, one of them changed, so that threads can share the file.
struct Changed<'a> {
    bytes: Cursor<&'a [u8]>,
    change: Change,
}

impl Read for Changed<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let begin = self.bytes.position();
        let n = self.bytes.read(into)?;
        let place = (self.change.at as u64).checked_sub(begin).and_then(|place| usize::try_from(place).ok());
        if let Some(byte) = place.and_then(|place| into[..n].get_mut(place)) {
            *byte = self.change.byte;
        }
        Ok(n)
    }
}

impl Seek for Changed<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.bytes.seek(to)
    }
}

/// Whether the header of the file with these bytes is refused, one of them changed.
fn is_refused(bytes: &[u8], change: Change) -> bool {
    let (size, start) = (bytes.len() as u64, Instant::now());
    let read = read_header_from(Changed { bytes: Cursor::new(bytes), change }, size);
    assert!(start.elapsed() < HANG, "{change:?} takes long");
    match read {
        Ok(info) => assert_eq!(info.size_bytes, size, "{change:?}"),
        Err(fault) => {
            assert!(fault.to_string().len() < 100_000, "{change:?}");
            return true;
        }
    }
    false
}

/// Reads the header of the model `id` with each of `n` bytes changed; returns how many were refused.
fn try_all(id: &str, n: usize, seed: u64) -> usize {
    let path = model(id);
    let header = header_bytes(&path);
    let bytes = fs::read(&path).unwrap();
    let peak = peak_kib();
    let changes = changes(&bytes, header, n, seed);
    let n_threads = thread::available_parallelism().map_or(1, usize::from);
    let count = |part: &[Change]| part.iter().filter(|change| is_refused(&bytes, **change)).count();
    let refused = thread::scope(|scope| {
        let parts = changes.chunks(n.div_ceil(n_threads));
        let threads: Vec<_> = parts.map(|part| scope.spawn(|| count(part))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
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
