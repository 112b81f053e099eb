//! Short ways to ask.

use std::sync::Arc;
use std::time::Duration;

use brickwork_engine::{
    Completion, Generation, Inference, InferenceError, InferenceEvent, Message, ModelRef, Parameters, Prompt, Speaker,
};
use brickwork_remote::{Key, Limits, Peer, RemoteClient};
use futures::{FutureExt, StreamExt};

/// A generation's whole course.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) text: String,
    pub(crate) progress: Vec<(u32, u32, u32)>,
    pub(crate) loading: usize,
    pub(crate) end: Result<Completion, InferenceError>,
}

impl Answer {
    pub(crate) fn done(self) -> (String, Completion) {
        let completion = self.end.unwrap_or_else(|error| panic!("the generation failed: {error}"));
        (self.text, completion)
    }

    pub(crate) fn error(self) -> InferenceError {
        self.end.expect_err("the generation should have failed")
    }
}

/// Limits that fit a test.
pub(crate) const fn quick() -> Limits {
    Limits {
        first_token: Duration::from_millis(1500),
        silence: Duration::from_millis(1500),
        retries: 2,
        backoff: Duration::from_millis(20),
    }
}

pub(crate) fn client(key: Option<&str>, limits: Limits) -> RemoteClient {
    let peer = Peer { key: key.map(Key::new), limits, allow_insecure: false };
    RemoteClient::new(Arc::new(move |_| std::future::ready(peer.clone()).boxed()))
}

pub(crate) fn request(url: &str, stop: &[&str]) -> Generation {
    let messages = vec![
        Message::new(Speaker::System, "You write Python."),
        Message::new(Speaker::User, "Write a function that adds two numbers."),
    ];
    let parameters = Parameters {
        max_tokens: 64,
        temperature: 0.25,
        seed: Some(7),
        top_p: Some(0.5),
        stop: stop.iter().map(|stop| (*stop).to_owned()).collect(),
        continuations: None,
    };
    Generation { model: ModelRef::remote(format!("{url}/v1"), "m"), prompt: Prompt::Chat(messages), parameters }
}

pub(crate) async fn collect(client: &RemoteClient, generation: Generation) -> Answer {
    let mut events = client.generate(generation);
    let (mut text, mut progress, mut loading, mut end) = (String::new(), Vec::new(), 0, None);
    while let Some(event) = events.next().await {
        assert!(end.is_none(), "nothing follows the last event, but {event:?} did");
        match event {
            InferenceEvent::Loading { .. } => loading += 1,
            InferenceEvent::Prompt { done, total, cached } => progress.push((done, total, cached)),
            InferenceEvent::Text { text: piece, .. } => text.push_str(&piece),
            InferenceEvent::Done(completion) => end = Some(Ok(completion)),
            InferenceEvent::Failed(error) => end = Some(Err(error)),
        }
    }
    Answer { text, progress, loading, end: end.expect("a stream ends with Done or Failed") }
}
