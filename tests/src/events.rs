//! The event stream of a run, as a browser reads it.

use std::io::{BufRead, BufReader};

use reqwest::blocking::Response;
use serde_json::Value;

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its durable number; passing events have none.
    pub id: Option<u64>,
    /// What happened.
    pub data: Value,
}

/// Events in the order in which they come. The stream ends when the server ends it, and when the connection breaks; an
/// event that a break cut in two was never told.
#[derive(Debug)]
pub struct Events {
    lines: BufReader<Response>,
}

impl Event {
    /// Whether it is the recorded change of that kind.
    #[must_use]
    pub fn is(&self, kind: &str) -> bool {
        self.data["event"] == "change" && self.data["change"]["kind"] == kind
    }
}

impl Events {
    /// The events of an answer.
    ///
    /// # Panics
    /// When it is no event stream.
    #[track_caller]
    pub(crate) fn of(response: Response) -> Self {
        let kind = response.headers().get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
        assert!(response.status() == 200 && kind.starts_with("text/event-stream"), "{response:?}");
        Self { lines: BufReader::new(response) }
    }

    /// Reads on to the recorded change of that kind, and returns it.
    ///
    /// # Panics
    /// When the stream ends before.
    #[track_caller]
    pub fn wait_for(&mut self, kind: &str) -> Event {
        self.find(|event| event.is(kind)).unwrap_or_else(|| panic!("the stream ended without `{kind}`"))
    }
}

impl Iterator for Events {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        let (mut id, mut data) = (None, String::new());
        loop {
            let mut line = String::new();
            // Whatever broke the connection, nothing more comes.
            let n_bytes = self.lines.read_line(&mut line).unwrap_or(0);
            if n_bytes == 0 || !line.ends_with('\n') {
                return None;
            }
            match line.trim_end_matches(['\r', '\n']) {
                "" if data.is_empty() => id = None,
                "" => {
                    let data = serde_json::from_str(&data).unwrap_or_else(|error| panic!("{data}: {error}"));
                    return Some(Event { id, data });
                }
                line => match line.split_once(':') {
                    Some(("id", value)) => id = value.trim_start().parse().ok(),
                    Some(("data", value)) => data.push_str(value.strip_prefix(' ').unwrap_or(value)),
                    // A line that begins with a colon says only that the stream is alive.
                    _ => {}
                },
            }
        }
    }
}
