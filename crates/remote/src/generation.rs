//! One generation on a server, from its first request to its last token.

mod course;

use std::sync::Arc;
use std::time::Duration;

use brickwork_engine::{Generation, InferenceError, InferenceErrorCode, InferenceEvent, Phrase};
use futures::StreamExt;
use futures::stream::BoxStream;
use tokio::time::Instant;

use crate::address::BaseUrl;
use crate::answer::{Answer, Unreadable};
use crate::client::{Peer, Shared, authorized};
use crate::fault::{self, Fault, Retry};
use crate::request;
use crate::survey::{self, ServerKind};
use course::{Course, Step};

/// How long to wait for a server that loads its model before it is asked again.
const LOADING_WAIT: Duration = Duration::from_secs(1);

/// The longest error page that is read, in bytes.
const MOST_ERROR_BYTES: usize = 64 << 10;

/// Asks the server of the generation's model, and again where that may help. Once a token has come nothing is asked again:
/// its text has been announced.
pub(crate) fn generate(shared: Arc<Shared>, generation: Generation) -> BoxStream<'static, InferenceEvent> {
    let events = async_stream::stream! {
        let asked = match Asked::new(&shared, &generation).await {
            Ok(asked) => asked,
            Err(error) => {
                yield InferenceEvent::Failed(error);
                return;
            }
        };
        let began = Instant::now();
        let mut failures = 0;
        loop {
            let mut course = Course::new(&generation);
            let mut answer = match asked.open().await {
                Ok(response) => Ok(Answer::new(response)),
                Err(fault) => Err(fault),
            };
            let fault = loop {
                let open = match &mut answer {
                    Ok(open) => open,
                    Err(fault) => break fault.clone(),
                };
                match asked.next(open, &mut course).await {
                    Ok(Step::Events(events)) => {
                        for event in events {
                            yield event;
                        }
                    }
                    Ok(Step::End(events)) => {
                        for event in events {
                            yield event;
                        }
                        return;
                    }
                    Err(fault) => break fault,
                }
            };
            match asked.wait_before_retry(&fault, course.has_text(), failures, began) {
                Some(wait) => {
                    if fault.retry == Retry::Loading {
                        yield InferenceEvent::Loading { fraction: 0.0 };
                    } else {
                        failures += 1;
                        tracing::info!(host = asked.base.host(), error = %fault.error, "a request is sent again");
                    }
                    // The connection is closed before the wait.
                    drop(answer);
                    tokio::time::sleep(wait).await;
                }
                None => {
                    yield InferenceEvent::Failed(fault.error);
                    return;
                }
            }
        }
    };
    events.boxed()
}

/// What is asked, and of whom.
struct Asked<'a> {
    shared: &'a Shared,
    generation: &'a Generation,
    base: BaseUrl,
    peer: Peer,
    server: ServerKind,
}

impl<'a> Asked<'a> {
    async fn new(shared: &'a Shared, generation: &'a Generation) -> Result<Self, InferenceError> {
        if request::is_empty(&generation.prompt) {
            let message = "The prompt is empty. Write an instruction and run the step again.";
            return Err(
                InferenceError::new(InferenceErrorCode::BadRequest, message).saying(Phrase::new("prompt_empty"))
            );
        }
        let peer = (shared.peer_of)(generation.model.clone()).await;
        let base =
            BaseUrl::parse(generation.model.base_url().unwrap_or_default(), peer.allow_insecure).map_err(|fault| {
                InferenceError::new(InferenceErrorCode::RemoteRefused, fault.to_string()).saying(fault.phrase())
            })?;
        let server = shared.kind(&base, peer.key.as_ref()).await;
        Ok(Self { shared, generation, base, peer, server })
    }

    /// Sends the request; the answer's head has come when it returns.
    async fn open(&self) -> Result<reqwest::Response, Fault> {
        let limit = self.peer.limits.first_token;
        let sent = tokio::time::timeout(limit, self.send()).await;
        sent.unwrap_or_else(|_| Err(fault::silent(&self.base, limit)))
    }

    async fn send(&self) -> Result<reqwest::Response, Fault> {
        let client = self.shared.network.client(&self.base).map_err(|error| survey::no_client(&error))?;
        let (path, body) = request::body(self.generation, self.server);
        let request = authorized(client.post(self.base.path(path)).json(&body), self.peer.key.as_ref());
        let response = request.send().await.map_err(|error| fault::unreachable(&self.base, error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        if status.is_success() {
            return Ok(response);
        }
        let body = survey::read(&self.base, response, MOST_ERROR_BYTES).await.unwrap_or_default();
        let body = String::from_utf8_lossy(&body);
        Err(fault::refusal(&self.base, &self.generation.model.id, self.peer.key.as_ref(), status, &headers, &body))
    }

    /// The next step of an answer.
    async fn next(&self, answer: &mut Answer, course: &mut Course) -> Result<Step, Fault> {
        let limits = self.peer.limits;
        let limit = if course.has_text() { limits.silence } else { limits.first_token };
        let frame = match tokio::time::timeout(limit, answer.next()).await {
            Ok(Ok(frame)) => frame,
            Ok(Err(Unreadable::Broken(error))) => return Err(fault::unreachable(&self.base, error)),
            Ok(Err(Unreadable::Nonsense(what))) => return Err(fault::nonsense(&self.base, what)),
            Err(_) => return Err(fault::silent(&self.base, limit)),
        };
        course.take(frame, &self.base, self.peer.key.as_ref())
    }

    /// How long to wait before the request is sent again; `None` when it is not.
    fn wait_before_retry(&self, fault: &Fault, has_text: bool, failures: u32, began: Instant) -> Option<Duration> {
        let limits = self.peer.limits;
        match fault.retry {
            _ if has_text => None,
            Retry::Never => None,
            Retry::Loading => (began.elapsed() < limits.first_token).then_some(LOADING_WAIT),
            Retry::Later(_) if failures >= limits.retries => None,
            Retry::Later(after) => {
                let backoff = limits.backoff.saturating_mul(2_u32.saturating_pow(failures));
                Some(backoff.max(after.unwrap_or_default()))
            }
        }
    }
}
