//! A served Brickwork, and a client that knows of it what the specification says.

use std::time::Duration;

use reqwest::Method;
use reqwest::blocking::{Client, RequestBuilder, Response};
use reqwest::header::HeaderMap;
use serde_json::Value;

use crate::events::Events;
use crate::home::Home;
use crate::program::{Ended, Watched};

/// What the paths of the orchestrator begin with.
pub const BASE: &str = "/api/v1/orchestrator";

/// No answer of a test takes longer; one that does hangs.
const LIMIT: Duration = Duration::from_mins(8);

/// `brickwork serve` on a free port. It is killed when this value is dropped.
#[derive(Debug)]
pub struct Server {
    program: Watched,
    url: String,
    client: Client,
}

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its header fields.
    pub headers: HeaderMap,
    /// Its body.
    pub body: String,
}

impl Server {
    /// Serves the data folder of `home`, and returns once it answers.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    #[track_caller]
    pub fn start(home: &Home) -> Self {
        let mut program = home.watch(&["serve", "--port", "0", "--json"]);
        let line = program.wait_for("the server's address", |line| line["url"].is_string());
        let url = line["url"].as_str().expect("it was looked at").to_owned();
        assert_eq!(line["pid"], program.id(), "the server names its own process");
        Self { program, url, client: client() }
    }

    /// The address, without a `/` at its end.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The port that it listens at.
    ///
    /// # Panics
    /// When the address has none.
    #[must_use]
    pub fn port(&self) -> &str {
        self.url.rsplit_once(':').expect("the address names its port").1
    }

    /// The answer to `GET PATH`; the path is below [`BASE`].
    #[must_use]
    #[track_caller]
    pub fn get(&self, path: &str) -> Answer {
        self.request(Method::GET, path).answer()
    }

    /// The answer to `POST PATH` with a JSON body; the path is below [`BASE`].
    #[must_use]
    #[track_caller]
    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.request(Method::POST, path).json(body).answer()
    }

    /// The answer to `POST PATH` without a body; the path is below [`BASE`].
    #[must_use]
    #[track_caller]
    pub fn post_nothing(&self, path: &str) -> Answer {
        self.request(Method::POST, path).answer()
    }

    /// The answer to `PUT PATH` with a JSON body; the path is below [`BASE`].
    #[must_use]
    #[track_caller]
    pub fn put(&self, path: &str, body: &Value) -> Answer {
        self.request(Method::PUT, path).json(body).answer()
    }

    /// A request below [`BASE`], to be completed and sent.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{BASE}{path}", self.url))
    }

    /// Follows a run from the event after number `after`.
    ///
    /// # Panics
    /// When the stream is refused.
    #[must_use]
    #[track_caller]
    pub fn follow(&self, run_id: &str, after: u64) -> Events {
        let request = self.request(Method::GET, &format!("/runs/{run_id}/events"));
        let response = request.header("Last-Event-ID", after.to_string()).send().expect("the server answers");
        Events::of(response)
    }

    /// Ends it at once, without a chance to do anything about it, and waits until it is gone.
    pub fn kill(&mut self) {
        self.program.kill();
    }

    /// Asks it to stop, and waits for its end.
    ///
    /// # Panics
    /// When it does not end.
    #[cfg(unix)]
    #[track_caller]
    #[must_use]
    pub fn stop(self) -> Ended {
        self.program.terminate();
        self.program.wait()
    }
}

/// A client of its own: a connection that one server left behind is never used for the next.
fn client() -> Client {
    Client::builder().timeout(LIMIT).build().expect("a client needs nothing of the system")
}

/// Sending a request and reading its answer to the end.
pub trait Request {
    /// The answer.
    ///
    /// # Panics
    /// When there is none.
    fn answer(self) -> Answer;
}

impl Request for RequestBuilder {
    #[track_caller]
    fn answer(self) -> Answer {
        let response: Response = self.send().unwrap_or_else(|error| panic!("no answer: {error:?}"));
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.text().unwrap_or_else(|error| panic!("the answer broke off: {error:?}"));
        Answer { status, headers, body }
    }
}

impl Answer {
    /// Checks the status.
    ///
    /// # Panics
    /// With the whole answer, when the status is another.
    #[track_caller]
    #[allow(clippy::return_self_not_must_use, reason = "often the check is all that is wanted")]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }

    /// The JSON document of its body.
    ///
    /// # Panics
    /// When it is something else.
    #[must_use]
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("no JSON ({error}): {}", self.body))
    }

    /// A header field's value; empty when it is not there.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}
