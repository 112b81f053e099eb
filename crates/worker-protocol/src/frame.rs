//! Frames: one JSON object a line.
//!
//! [`FrameDecoder`] takes bytes as they come, split anywhere, and gives back whole messages. It holds at most
//! [`MAX_FRAME_BYTES`] and never panics, whatever the bytes are: a bad line is one error, and the next line is read
//! as if nothing had happened.

use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The longest line, its line feed excluded, in bytes. The largest prompt (131,072 tokens) stays far below it.
pub const MAX_FRAME_BYTES: usize = 32 * 1024 * 1024;

/// How many bytes of a bad line an error quotes.
const QUOTED_BYTES: usize = 120;

/// A line that is not a frame, or a message that cannot become one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The line is longer than the limit; it was skipped.
    #[error("a frame is longer than {limit_bytes} bytes")]
    TooLong {
        /// The limit.
        limit_bytes: usize,
    },
    /// The line is not a message of this protocol.
    #[error("a line is not a frame ({reason}): {line}")]
    Malformed {
        /// What the JSON reader says.
        reason: String,
        /// The line's start.
        line: String,
    },
}

/// Writes `message` as one line, its line feed included.
///
/// # Errors
/// [`FrameError::TooLong`] when it does not fit, [`FrameError::Malformed`] when it holds what JSON cannot carry.
pub fn encode<T: Serialize>(message: &T) -> Result<Vec<u8>, FrameError> {
    let mut line = serde_json::to_vec(message)
        .map_err(|error| FrameError::Malformed { reason: error.to_string(), line: String::new() })?;
    if line.len() > MAX_FRAME_BYTES {
        return Err(FrameError::TooLong { limit_bytes: MAX_FRAME_BYTES });
    }
    line.push(b'\n');
    Ok(line)
}

/// Turns a stream of bytes into messages of type `T`.
#[derive(Debug)]
pub struct FrameDecoder<T> {
    buffer: Vec<u8>,
    /// Start of the first byte in `buffer` that was not yet consumed.
    start: usize,
    /// Bytes before this position are known to hold no line feed.
    searched: usize,
    /// The present line was too long; its rest is thrown away.
    skipping: bool,
    limit_bytes: usize,
    message: PhantomData<fn() -> T>,
}

impl<T> Default for FrameDecoder<T> {
    fn default() -> Self {
        Self::with_limit(MAX_FRAME_BYTES)
    }
}

impl<T> FrameDecoder<T> {
    /// A decoder that refuses lines longer than `limit_bytes`.
    #[must_use]
    pub const fn with_limit(limit_bytes: usize) -> Self {
        Self { buffer: Vec::new(), start: 0, searched: 0, skipping: false, limit_bytes, message: PhantomData }
    }

    /// Takes the next bytes of the stream.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.searched -= self.start;
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }
}

impl<T: DeserializeOwned> FrameDecoder<T> {
    /// The next whole message, a fault, or `None` when more bytes are needed. Blank lines are passed over.
    pub fn next_frame(&mut self) -> Option<Result<T, FrameError>> {
        loop {
            let Some(offset) = self.buffer[self.searched..].iter().position(|byte| *byte == b'\n') else {
                return self.wait_for_more();
            };
            let line = self.start..self.searched + offset;
            self.start = line.end + 1;
            self.searched = self.start;
            if std::mem::take(&mut self.skipping) {
                continue;
            }
            if line.len() > self.limit_bytes {
                return Some(Err(FrameError::TooLong { limit_bytes: self.limit_bytes }));
            }
            let line = self.buffer[line].trim_ascii();
            if !line.is_empty() {
                return Some(serde_json::from_slice(line).map_err(|error| malformed(&error, line)));
            }
        }
    }

    fn wait_for_more(&mut self) -> Option<Result<T, FrameError>> {
        self.searched = self.buffer.len();
        if self.skipping || self.buffer.len() - self.start > self.limit_bytes {
            let first_time = !std::mem::replace(&mut self.skipping, true);
            self.buffer = Vec::new();
            self.start = 0;
            self.searched = 0;
            return first_time.then_some(Err(FrameError::TooLong { limit_bytes: self.limit_bytes }));
        }
        None
    }
}

fn malformed(error: &serde_json::Error, line: &[u8]) -> FrameError {
    let quoted = &line[..line.len().min(QUOTED_BYTES)];
    FrameError::Malformed { reason: error.to_string(), line: String::from_utf8_lossy(quoted).into_owned() }
}
