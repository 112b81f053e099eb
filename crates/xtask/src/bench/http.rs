//! The few requests that a bench itself sends, over a plain socket.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Sends a request to `authority` (host and port) and returns its JSON answer.
///
/// # Errors
/// When nothing answers, or anything but a success.
pub(crate) fn send(authority: &str, method: &str, path: &str, headers: &str, body: &str) -> Result<Value> {
    let mut content = String::new();
    open(authority, method, path, headers, body, PATIENCE)?.read_to_string(&mut content)?;
    serde_json::from_str(&content).with_context(|| format!("the answer to {method} {path} is no JSON"))
}

/// Sends a request and returns the content of its answer as it comes; each part may take `patience`.
///
/// # Errors
/// When nothing answers, or anything but a success.
pub(crate) fn open(
    authority: &str,
    method: &str,
    path: &str,
    headers: &str,
    body: &str,
    patience: Duration,
) -> Result<Box<dyn BufRead>> {
    let mut stream = TcpStream::connect(authority).with_context(|| format!("{authority} does not answer"))?;
    stream.set_read_timeout(Some(patience))?;
    stream.set_nodelay(true)?;
    let length = body.len();
    // In one piece, so that no part waits for the acknowledgement of another.
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n{headers}\r\n{body}"
    );
    stream.write_all(request.as_bytes())?;
    let mut answer = BufReader::new(stream);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        if answer.read_line(&mut line)? == 0 {
            bail!("{method} {path} was answered with half a head");
        }
        if line.trim().is_empty() {
            break;
        }
        head.push(line.to_ascii_lowercase());
    }
    let chunked = head.iter().any(|line| line.starts_with("transfer-encoding:") && line.contains("chunked"));
    let mut content: Box<dyn BufRead> = if chunked {
        Box::new(BufReader::new(Chunked { inner: answer, left: 0, ended: false }))
    } else {
        Box::new(answer)
    };
    let status = head.first().and_then(|line| line.split(' ').nth(1)).unwrap_or_default();
    if !status.starts_with('2') {
        let mut said = String::new();
        content.read_to_string(&mut said)?;
        bail!("{method} {path} was answered {status}: {said}");
    }
    Ok(content)
}

/// The content of an answer that comes in chunks (RFC 9112, section 7.1).
struct Chunked<R> {
    inner: R,
    /// Bytes of the present chunk that were not read yet.
    left: usize,
    ended: bool,
}

impl<R: BufRead> Read for Chunked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while self.left == 0 && !self.ended {
            let mut line = String::new();
            self.inner.read_line(&mut line)?;
            let size = line.trim().split(';').next().unwrap_or_default();
            // An empty line ends the chunk before.
            if line.ends_with('\n') && size.is_empty() {
                continue;
            }
            self.left = usize::from_str_radix(size, 16)
                .map_err(|_| std::io::Error::other(format!("`{size}` is no size of a chunk")))?;
            self.ended = self.left == 0;
        }
        if self.ended {
            return Ok(0);
        }
        let wanted = self.left.min(buffer.len());
        let read = self.inner.read(&mut buffer[..wanted])?;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= read;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::*;

    #[test]
    fn chunks_are_joined() {
        let read = |text: &str| {
            let mut content = String::new();
            let mut chunks = Chunked { inner: text.as_bytes(), left: 0, ended: false };
            chunks.read_to_string(&mut content).map(|_| content).ok()
        };
        let check = |text: &str, expected: Option<&str>| assert_eq!(read(text).as_deref(), expected, "{text}");
        check("0\r\n\r\n", Some(""));
        check("5\r\ndata:\r\nB;x=1\r\n one\r\n\r\ntwo\r\n0\r\n\r\n", Some("data: one\r\n\r\ntwo"));
        check("5\r\ndata", None);
        check("x\r\n", None);
        check("", None);
    }
}
