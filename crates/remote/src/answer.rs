//! An answer as it comes in: server-sent events, or one JSON document from servers that do not stream.

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use reqwest::header::CONTENT_TYPE;

use crate::wire::Chunk;

/// The longest event and the longest whole answer, in bytes.
const MOST_BYTES: usize = 16 << 20;

/// One thing that came.
#[derive(Debug)]
pub(crate) enum Frame {
    /// A part of the answer.
    Chunk(Box<Chunk>),
    /// A comment, which only shows that the server is there.
    Sign,
    /// The answer is complete.
    Done,
    /// The connection ended.
    End,
}

/// Why an answer cannot be read on.
#[derive(Debug)]
pub(crate) enum Unreadable {
    /// The connection failed.
    Broken(reqwest::Error),
    /// What came is none.
    Nonsense(&'static str),
}

/// An answer that comes in pieces, cut anywhere.
pub(crate) struct Answer {
    body: BoxStream<'static, reqwest::Result<Bytes>>,
    is_stream: bool,
    buffer: Vec<u8>,
    /// Bytes at the beginning of `buffer` that hold no line's end.
    searched: usize,
    ended: bool,
}

impl Answer {
    pub(crate) fn new(response: reqwest::Response) -> Self {
        let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let is_stream = !kind.starts_with("application/json");
        Self { body: response.bytes_stream().boxed(), is_stream, buffer: Vec::new(), searched: 0, ended: false }
    }

    /// The next thing that comes. Dropping the future loses nothing.
    pub(crate) async fn next(&mut self) -> Result<Frame, Unreadable> {
        loop {
            if self.is_stream {
                while let Some(line) = self.line() {
                    if let Some(frame) = read_line(&line)? {
                        return Ok(frame);
                    }
                }
            }
            if self.ended {
                return self.last();
            }
            match self.body.next().await {
                Some(Ok(bytes)) => self.buffer.extend_from_slice(&bytes),
                Some(Err(error)) => return Err(Unreadable::Broken(error)),
                None => self.ended = true,
            }
            if self.buffer.len() > MOST_BYTES {
                return Err(Unreadable::Nonsense("more than can be an answer"));
            }
        }
    }

    /// The next whole line, without its end. Characters are never cut: a line is decoded once all of it is there.
    fn line(&mut self) -> Option<Vec<u8>> {
        let Some(at) = self.buffer[self.searched..].iter().position(|byte| *byte == b'\n') else {
            self.searched = self.buffer.len();
            return None;
        };
        let end = self.searched + at;
        let rest = self.buffer.split_off(end + 1);
        let mut line = std::mem::replace(&mut self.buffer, rest);
        self.searched = 0;
        line.truncate(line.len() - 1);
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        Some(line)
    }

    /// What is left when the connection has ended.
    fn last(&mut self) -> Result<Frame, Unreadable> {
        let rest = std::mem::take(&mut self.buffer);
        self.searched = 0;
        if self.is_stream || rest.is_empty() {
            return Ok(Frame::End);
        }
        chunk(&rest)
    }
}

fn read_line(line: &[u8]) -> Result<Option<Frame>, Unreadable> {
    if line.first() == Some(&b':') {
        return Ok(Some(Frame::Sign));
    }
    // Fields other than `data` say nothing here. llama.cpp has sent faults as a field of their own.
    let Some(data) = line.strip_prefix(b"data:").or_else(|| line.strip_prefix(b"error:")) else { return Ok(None) };
    let data = data.trim_ascii();
    match data {
        b"" => Ok(None),
        b"[DONE]" => Ok(Some(Frame::Done)),
        json if line.starts_with(b"error:") => {
            let error = serde_json::from_slice(json).map_err(|_| Unreadable::Nonsense("a fault that is no JSON"))?;
            Ok(Some(Frame::Chunk(Box::new(Chunk { error: Some(error), ..Chunk::default() }))))
        }
        json => chunk(json).map(Some),
    }
}

fn chunk(json: &[u8]) -> Result<Frame, Unreadable> {
    let chunk =
        serde_json::from_slice(json).map_err(|_| Unreadable::Nonsense("something that is no JSON of an answer"))?;
    Ok(Frame::Chunk(Box::new(chunk)))
}
