//! Little-endian values from a file of known length, none of them past its end.

use std::io::{BufRead as _, BufReader, Read, Seek};

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

    /// The first `limit` bytes of a text of any length.
    pub(super) fn start_of_text(&mut self, limit: u64) -> Result<Vec<u8>, GgufFault> {
        let length = self.u64()?;
        self.expect(length)?;
        let wanted = length.min(limit);
        let mut bytes = Vec::new();
        self.reader.by_ref().take(wanted).read_to_end(&mut bytes)?;
        self.position += bytes.len() as u64;
        if (bytes.len() as u64) < wanted {
            return Err(GgufFault::Truncated { wanted, size_bytes: self.size_bytes });
        }
        self.skip(length - wanted)?;
        Ok(bytes)
    }

    /// Hands the bytes of a text of at most `limit` bytes, which `what` names in errors, to `look`; `scratch` holds them
    /// where they are not in the buffer as a whole.
    pub(super) fn look_at_text<T>(
        &mut self,
        what: &'static str,
        limit: u64,
        scratch: &mut Vec<u8>,
        look: impl FnOnce(&[u8]) -> T,
    ) -> Result<T, GgufFault> {
        if let Some((length, rest)) = self.reader.buffer().split_first_chunk() {
            let length = u64::from_le_bytes(*length);
            if length <= limit
                && let Some(bytes) = usize::try_from(length).ok().and_then(|length| rest.get(..length))
            {
                let seen = look(bytes);
                self.reader.consume(8 + in_memory(length));
                self.position += 8 + length;
                return Ok(seen);
            }
        }
        let length = self.u64()?;
        if length > limit {
            return Err(GgufFault::TooMany { what, found: length, limit });
        }
        self.expect(length)?;
        // The limit is small and the bytes are there, so this much memory is due.
        scratch.resize(in_memory(length), 0);
        self.reader.read_exact(scratch)?;
        self.position += length;
        Ok(look(scratch))
    }

    /// Passes over a text of any length.
    pub(super) fn skip_text(&mut self) -> Result<(), GgufFault> {
        // A header has hundreds of thousands of texts, nearly all of which are in the buffer as a whole.
        if let Some((length, rest)) = self.reader.buffer().split_first_chunk() {
            let length = u64::from_le_bytes(*length);
            if length <= rest.len() as u64 && 8 + length <= self.remaining() {
                self.reader.consume(8 + in_memory(length));
                self.position += 8 + length;
                return Ok(());
            }
        }
        let length = self.u64()?;
        self.skip(length)
    }
}

/// A length that is known to be small as a number of bytes in memory.
const fn in_memory(length: u64) -> usize {
    length as usize
}
