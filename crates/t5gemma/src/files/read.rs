//! Tensor data from disk into memory, a piece at a time, so that loading takes little more memory than the weights.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;

use super::{Kind, Stored};
use crate::error::T5GemmaError;

/// Bytes that are read at once.
const PIECE: usize = 1 << 20;

/// Number of elements of a tensor whose shape has been checked.
pub(crate) fn n_elements(shape: &[usize]) -> u64 {
    shape.iter().map(|size| *size as u64).product()
}

/// Reads tensors, keeps the last file open, and tells how much has been read.
pub(crate) struct Reader<'a> {
    open: Option<(Arc<PathBuf>, File)>,
    piece: Vec<u8>,
    done: u64,
    total: u64,
    on_progress: &'a mut dyn FnMut(f32) -> bool,
}

impl<'a> Reader<'a> {
    /// `total` is what will be read, in bytes. `on_progress` gets the part done, 0 to 1, and cancels by `false`.
    pub(crate) fn new(total: u64, on_progress: &'a mut dyn FnMut(f32) -> bool) -> Self {
        Self { open: None, piece: vec![0; PIECE], done: 0, total: total.max(1), on_progress }
    }

    /// All numbers of a tensor that is not in blocks.
    pub(crate) fn floats(&mut self, stored: &Stored) -> Result<Vec<f32>, T5GemmaError> {
        let n = n_elements(&stored.shape) as usize;
        let mut numbers = Vec::with_capacity(n);
        self.each_piece(stored, 0, stored.n_bytes, |bytes| push_floats(stored.kind, bytes, &mut numbers))?;
        Ok(numbers)
    }

    /// The numbers of some rows of a matrix that is not in blocks, into `numbers`, whose content is replaced.
    pub(crate) fn rows(
        &mut self,
        stored: &Stored,
        rows: std::ops::Range<usize>,
        numbers: &mut Vec<f32>,
    ) -> Result<(), T5GemmaError> {
        let row_bytes = stored.n_bytes / stored.shape[0] as u64;
        numbers.clear();
        self.each_piece(stored, rows.start as u64 * row_bytes, rows.len() as u64 * row_bytes, |bytes| {
            push_floats(stored.kind, bytes, numbers);
        })
    }

    /// The bytes of a tensor as they are, into a place of exactly their size.
    pub(crate) fn bytes(&mut self, stored: &Stored, to: &mut [u8]) -> Result<(), T5GemmaError> {
        let mut at = 0;
        self.each_piece(stored, 0, stored.n_bytes, |bytes| {
            to[at..at + bytes.len()].copy_from_slice(bytes);
            at += bytes.len();
        })
    }

    fn each_piece(
        &mut self,
        stored: &Stored,
        start: u64,
        n_bytes: u64,
        mut take: impl FnMut(&[u8]),
    ) -> Result<(), T5GemmaError> {
        let io = |cause| T5GemmaError::Io { path: stored.file.as_ref().clone(), cause };
        let mut file = match self.open.take() {
            Some((path, file)) if path == stored.file => file,
            _ => File::open(stored.file.as_path()).map_err(io)?,
        };
        file.seek(SeekFrom::Start(stored.offset + start)).map_err(io)?;
        let mut left = n_bytes;
        while left > 0 {
            let n = left.min(PIECE as u64) as usize;
            file.read_exact(&mut self.piece[..n]).map_err(io)?;
            take(&self.piece[..n]);
            left -= n as u64;
            self.done += n as u64;
            if !(self.on_progress)((self.done as f64 / self.total as f64).min(1.0) as f32) {
                return Err(T5GemmaError::Cancelled);
            }
        }
        self.open = Some((Arc::clone(&stored.file), file));
        Ok(())
    }
}

/// A piece holds whole numbers, since its size is a multiple of theirs.
fn push_floats(kind: Kind, bytes: &[u8], numbers: &mut Vec<f32>) {
    match kind {
        Kind::F32 => numbers.extend(bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes))),
        Kind::F16 => numbers.extend(bytes.as_chunks().0.iter().map(|bytes| half::f16::from_le_bytes(*bytes).to_f32())),
        Kind::Bf16 => {
            numbers.extend(bytes.as_chunks().0.iter().map(|bytes| half::bf16::from_le_bytes(*bytes).to_f32()));
        }
        Kind::Blocks(_) => {}
    }
}
