//! What a worker says on its standard error: it goes to the log, and the last of it explains a crash.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::process::ChildStderr;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

/// Lines that are kept.
const KEPT_LINES: usize = 8;

/// Longest piece that becomes one line of the log, in bytes.
const MOST_LINE_BYTES: usize = 8 * 1024;

/// The last lines of a worker, and who reads them.
#[derive(Debug)]
pub(crate) struct LastWords {
    lines: Arc<Mutex<VecDeque<String>>>,
    log: AbortOnDropHandle<()>,
}

impl LastWords {
    /// Reads `errors` until it ends.
    pub(crate) fn of(errors: ChildStderr) -> Self {
        let lines = Arc::default();
        let log = AbortOnDropHandle::new(tokio::spawn(drain(errors, Arc::clone(&lines))));
        Self { lines, log }
    }

    /// The line that tells most about the end of a worker, which may take `limit` to arrive.
    pub(crate) async fn telling(&mut self, limit: Duration) -> Option<String> {
        let _ = timeout(limit, &mut self.log).await;
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let is_telling = |line: &&String| line.contains("ASSERT") || line.contains("error");
        lines.iter().rev().find(is_telling).or_else(|| lines.back()).cloned()
    }
}

/// Passes standard error on to the log until it ends.
async fn drain(mut errors: ChildStderr, last_words: Arc<Mutex<VecDeque<String>>>) {
    let mut bytes = vec![0; MOST_LINE_BYTES];
    let mut line = Vec::new();
    while let Ok(n) = errors.read(&mut bytes).await {
        for byte in &bytes[..n] {
            if *byte != b'\n' && line.len() < MOST_LINE_BYTES {
                line.push(*byte);
            } else {
                keep_line(&mut line, &last_words);
            }
        }
        if n == 0 {
            break;
        }
    }
    keep_line(&mut line, &last_words);
}

fn keep_line(line: &mut Vec<u8>, last_words: &Mutex<VecDeque<String>>) {
    let bytes = std::mem::take(line);
    let text = String::from_utf8_lossy(&bytes).trim_end().to_owned();
    if text.is_empty() {
        return;
    }
    tracing::info!(target: "brickwork::worker", "{text}");
    let mut words = last_words.lock().unwrap_or_else(PoisonError::into_inner);
    if words.len() == KEPT_LINES {
        words.pop_front();
    }
    words.push_back(text);
}
