//! A connection that is closed with care.
//!
//! Closing a socket while bytes of the client lie unread makes the system reset the connection, and the client may then
//! lose the answer that told it why (RFC 9112 section 9.6). So where a body was left unread, what the client still sends
//! is thrown away for a moment before the socket is closed.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

/// How long a client may go on sending.
const LINGER: Duration = Duration::from_secs(2);

/// How many bytes are thrown away at most.
const MAX_THROWN_BYTES: usize = 64 * 1024 * 1024;

/// A stream whose shutdown waits for the client when a body was left unread.
pub(super) struct Lingering {
    stream: TcpStream,
    left_unread: Arc<AtomicBool>,
    /// Set once the answer has been sent in full.
    until: Option<Pin<Box<Sleep>>>,
    thrown_bytes: usize,
}

impl Lingering {
    pub(super) const fn new(stream: TcpStream, left_unread: Arc<AtomicBool>) -> Self {
        Self { stream, left_unread, until: None, thrown_bytes: 0 }
    }
}

impl AsyncRead for Lingering {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Lingering {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.until.is_none() {
            ready!(Pin::new(&mut this.stream).poll_shutdown(cx))?;
        }
        if !this.left_unread.load(Ordering::Relaxed) {
            return Poll::Ready(Ok(()));
        }
        let until = this.until.get_or_insert_with(|| Box::pin(tokio::time::sleep(LINGER)));
        if until.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Ok(()));
        }
        let mut bytes = [0; 16 * 1024];
        while this.thrown_bytes < MAX_THROWN_BYTES {
            let mut buf = ReadBuf::new(&mut bytes);
            match ready!(Pin::new(&mut this.stream).poll_read(cx, &mut buf)) {
                Ok(()) if !buf.filled().is_empty() => this.thrown_bytes += buf.filled().len(),
                // The client has read the answer and closed its side, or is gone.
                Ok(()) | Err(_) => break,
            }
        }
        Poll::Ready(Ok(()))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
