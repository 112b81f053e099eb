//! Little-endian values from a file of known length, none of them past its end.

use std::io::{BufReader, Read, Seek};

use super::fault::GgufFault;

/// A reader that knows where it is and how much is left.
pub(super) struct Source<R> {
    reader: BufReader<R>,
    position: u64,
    size_bytes: u64,
}

impl<R: Read + Seek> Source<R> {
    pub(super) fn new(reader: R, size_bytes: u64) -> Self {
        Self { reader: BufReader::with_capacity(64 << 10, reader), position: 0, size_bytes }
    }

    /// Byte offset of the next value.
    pub(super) const fn position(&self) -> u64 {
        self.position
    }

    /// Length of the file.
    pub(super) const fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// Bytes that follow.
    pub(super) const fn remaining(&self) -> u64 {
        self.size_bytes.saturating_sub(self.position)
    }

    fn expect(&self, wanted: u64) -> Result<(), GgufFault> {
        if wanted > self.remaining() {
            return Err(GgufFault::Truncated { wanted, size_bytes: self.size_bytes });
        }
        Ok(())
    }

    pub(super) fn bytes<const N: usize>(&mut self) -> Result<[u8; N], GgufFault> {
        self.expect(N as u64)?;
        let mut bytes = [0; N];
        self.reader.read_exact(&mut bytes)?;
        self.position += N as u64;
        Ok(bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, GgufFault> {
        self.bytes().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, GgufFault> {
        self.bytes().map(u64::from_le_bytes)
    }

    /// Passes over `n` bytes.
    pub(super) fn skip(&mut self, n: u64) -> Result<(), GgufFault> {
        self.expect(n)?;
        let step = i64::try_from(n).map_err(|_| GgufFault::Truncated { wanted: n, size_bytes: self.size_bytes })?;
        self.reader.seek_relative(step)?;
        self.position += n;
        Ok(())
    }

    /// A text of at most `limit` bytes, which `what` names in errors.
    pub(super) fn text(&mut self, what: &'static str, limit: u64) -> Result<String, GgufFault> {
        let length = self.u64()?;
        if length > limit {
            return Err(GgufFault::TooMany { what, found: length, limit });
        }
        self.expect(length)?;
        // The limit is small and the bytes are there, so this much memory is due.
        let mut bytes = Vec::new();
        self.reader.by_ref().take(length).read_to_end(&mut bytes)?;
        if (bytes.len() as u64) < length {
            return Err(GgufFault::Truncated { wanted: length, size_bytes: self.size_bytes });
        }
        self.position += length;
        String::from_utf8(bytes).map_err(|_| GgufFault::NotText(what))
    }

    /// Passes over a text of any length.
    pub(super) fn skip_text(&mut self) -> Result<(), GgufFault> {
        let length = self.u64()?;
        self.skip(length)
    }
}
