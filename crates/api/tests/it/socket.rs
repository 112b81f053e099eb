//! A client that writes and reads plain bytes, so that it can send what no library would.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Nothing in these tests may take longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// An answer as it came.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    headers: HashMap<String, String>,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{text:?} has no complete head"));
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).unwrap();
        let headers = lines.filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
        Self { status, headers, body: body.to_owned() }
    }
}

/// Sends `bytes` and reads until the server closes.
pub(crate) async fn exchange(address: SocketAddr, bytes: &[u8]) -> Reply {
    Reply::parse(&exchange_text(address, bytes).await)
}

/// As [`exchange`], for answers that may be empty.
pub(crate) async fn exchange_text(address: SocketAddr, bytes: &[u8]) -> String {
    let talk = async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        // The server may answer and close before it has read everything.
        let _ = stream.write_all(bytes).await;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        String::from_utf8(answer).unwrap()
    };
    tokio::time::timeout(PATIENCE, talk).await.expect("the server answers and closes")
}

/// Sends one request with `headers`, and with the right `Host` unless they have one. An empty `Host` leaves it out.
pub(crate) async fn send(address: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
    exchange(address, request(address, method, path, headers, body).as_bytes()).await
}

/// The request that [`send`] sends.
pub(crate) fn request(address: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> String {
    let mut text = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        text.push_str(&format!("Host: {address}\r\n"));
    }
    if !body.is_empty() && !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-length")) {
        text.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text + "\r\n" + body
}

/// A connection that stays open.
pub(crate) struct Open {
    stream: TcpStream,
    read: String,
}

impl Open {
    /// Sends a GET and does not wait for its answer.
    pub(crate) async fn get(address: SocketAddr, path: &str) -> Self {
        Self::send(address, &format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n")).await
    }

    pub(crate) async fn send(address: SocketAddr, text: &str) -> Self {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        Self { stream, read: String::new() }
    }

    /// Sends more; `false` when the server has closed.
    pub(crate) async fn write(&mut self, text: &str) -> bool {
        self.stream.write_all(text.as_bytes()).await.is_ok()
    }

    /// Reads until `text` has come.
    pub(crate) async fn until(&mut self, text: &str) -> &str {
        while !self.read.contains(text) {
            let mut bytes = [0; 4096];
            let n = tokio::time::timeout(PATIENCE, self.stream.read(&mut bytes)).await.expect("more comes").unwrap();
            assert_ne!(n, 0, "the server closed before {text:?}: {:?}", self.read);
            self.read.push_str(std::str::from_utf8(&bytes[..n]).unwrap());
        }
        &self.read
    }

    /// Reads until the server closes.
    pub(crate) async fn end(mut self) -> String {
        let mut rest = Vec::new();
        let read = tokio::time::timeout(PATIENCE, self.stream.read_to_end(&mut rest)).await.expect("the server closes");
        // A reset closes as well.
        let _ = read;
        self.read + &String::from_utf8_lossy(&rest)
    }
}
