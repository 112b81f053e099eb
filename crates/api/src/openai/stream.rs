//! An answer in chunks.

use std::convert::Infallible;

use axum::response::sse::Event;
use brickwork_app::InferenceEvent;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt};
use serde::Serialize;

use super::answer::{ChatCompletionChunk, ChunkChoice, Delta, Finish, Heading, Usage};
use super::error::Refusal;

/// The last event of an answer that ended well.
const DONE: &str = "[DONE]";

/// The answer's events: who speaks, the text as it comes, why it ended, perhaps the tokens, and `[DONE]`. After a fault
/// comes its error and nothing more.
pub(super) fn chunks(
    events: BoxStream<'static, InferenceEvent>,
    heading: Heading,
    include_usage: bool,
) -> impl Stream<Item = Result<Event, Infallible>> {
    let first = chunk(&heading, Delta { role: Some("assistant"), content: Some(String::new()) }, None);
    let rest = events.flat_map(move |event| futures::stream::iter(messages(event, &heading, include_usage)));
    futures::stream::iter([first]).chain(rest).map(Ok)
}

fn messages(event: InferenceEvent, heading: &Heading, include_usage: bool) -> Vec<Event> {
    match event {
        InferenceEvent::Loading { .. } | InferenceEvent::Prompt { .. } => Vec::new(),
        InferenceEvent::Text { text, .. } => {
            vec![chunk(heading, Delta { content: Some(text), ..Delta::default() }, None)]
        }
        InferenceEvent::Failed(error) => vec![event_of(Refusal::from(error).body())],
        InferenceEvent::Done(completion) => {
            let end = chunk(heading, Delta::default(), Some(completion.finish_reason.into()));
            let count = include_usage.then(|| usage(heading, completion.timings.into()));
            [Some(end), count, Some(Event::default().data(DONE))].into_iter().flatten().collect()
        }
    }
}

fn chunk(heading: &Heading, delta: Delta, finish_reason: Option<Finish>) -> Event {
    let choices = vec![ChunkChoice { index: 0, delta, finish_reason }];
    event_of(&ChatCompletionChunk { heading: heading.clone(), object: OBJECT, choices, usage: None })
}

fn usage(heading: &Heading, usage: Usage) -> Event {
    event_of(&ChatCompletionChunk { heading: heading.clone(), object: OBJECT, choices: Vec::new(), usage: Some(usage) })
}

const OBJECT: &str = "chat.completion.chunk";

fn event_of(data: &impl Serialize) -> Event {
    Event::default().data(serde_json::to_string(data).expect("a chunk is plain data and always serialises"))
}
