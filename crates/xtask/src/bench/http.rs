//! The few requests that a bench itself sends, over a plain socket.

use std::io::{Read, Write};
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
    let mut stream = TcpStream::connect(authority).with_context(|| format!("{authority} does not answer"))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n{headers}\r\n{body}"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, content) = answer.split_once("\r\n\r\n").context("the answer has no head")?;
    let status = head.split(' ').nth(1).unwrap_or_default();
    if !status.starts_with('2') {
        bail!("{method} {path} was answered {status}: {content}");
    }
    serde_json::from_str(content).with_context(|| format!("the answer to {method} {path} is no JSON"))
}
