//! The chat interface in the form of OpenAI's, for programs that already speak it. Its models are the roles by name, and
//! each answer comes from the model that is bound to the role.
//!
//! Unknown fields of a request are ignored. A generation ends when its client goes: dropping the answer drops it.

mod answer;
mod error;
mod request;
mod stream;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::response::sse::{KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use brickwork_app::{App, InferenceEvent};
use futures::StreamExt;
use futures::stream::BoxStream;
use serde_json::Value;

pub(crate) use answer::{ChatCompletion, ChatCompletionChunk, ModelList};
pub(crate) use error::{OpenAiError, Refusal};
pub(crate) use request::ChatCompletionRequest;

use answer::{Heading, ModelEntry};

/// The beginning of the paths whose errors have OpenAI's form.
pub(crate) const PREFIX: &str = "/v1/";

/// The id of the scripted placeholder.
const SCRIPTED: &str = "scripted";

/// The models that can answer
///
/// The roles that have a model which is there; `id` is the role's name.
#[utoipa::path(get, path = "/v1/models", tag = "openai",
    responses((status = 200, description = "The roles.", body = ModelList), (status = 500, description = "The data folder failed.", body = OpenAiError)))]
pub(crate) async fn list_chat_models(State(app): State<App>) -> Result<Json<ModelList>, Refusal> {
    let models = app.chat_models().await?;
    Ok(Json(ModelList { object: "list", data: models.into_iter().map(ModelEntry::from).collect() }))
}

/// Answer a conversation
///
/// With `stream` the answer comes as server-sent events, each a `ChatCompletionChunk`, and ends with `[DONE]`; a fault in
/// its midst is a last event with an `OpenAiError`. The generation ends when the client goes.
#[utoipa::path(post, path = "/v1/chat/completions", tag = "openai", request_body = ChatCompletionRequest,
    responses(
        (status = 200, description = "The answer, or its chunks.", content(
            (ChatCompletion = "application/json"), (ChatCompletionChunk = "text/event-stream"))),
        (status = 400, description = "The request is wrong; `param` says where. Also for a conversation that is too long.", body = OpenAiError),
        (status = 404, description = "There is no such model.", body = OpenAiError),
        (status = 413, description = "The body is larger than 2 MiB.", body = OpenAiError),
        (status = 415, description = "The body is not sent as `application/json`.", body = OpenAiError),
        (status = 500, description = "The model failed.", body = OpenAiError),
        (status = 503, description = "The model cannot be run now.", body = OpenAiError)))]
pub(crate) async fn complete_chat(
    State(app): State<App>,
    body: Result<Json<Value>, JsonRejection>,
) -> Result<Response, Refusal> {
    let Json(body) = body?;
    let request = ChatCompletionRequest::read(body)?;
    let simulated = find_model(&app, &request.model).await?;
    let (stream, include_usage) = (request.is_streamed(), request.includes_usage());
    let heading = Heading::new(request.model.clone(), simulated);
    let events = app.chat(request.into_chat()?).await?;
    // Nothing is answered before the model has begun to, so that a fault until then has a status of its own.
    let events = begun(events).await?;
    if stream {
        let chunks = stream::chunks(events, heading, include_usage);
        return Ok(Sse::new(chunks).keep_alive(KeepAlive::default()).into_response());
    }
    Ok(Json(answer::whole(events, heading).await?).into_response())
}

/// Whether the model of that name is the scripted placeholder. A role or a listed file: a path on this machine's disk is
/// no name that a client could know.
async fn find_model(app: &App, name: &str) -> Result<bool, Refusal> {
    let view = app.models().await?;
    if let Some(role) = view.models.iter().find(|role| role.name == name) {
        return Ok(role.binding.simulated);
    }
    let is_scripted = name == SCRIPTED;
    if is_scripted || view.files.iter().any(|file| file.id == name) {
        return Ok(is_scripted);
    }
    Err(Refusal::unknown_model(name))
}

/// The events from the first text or the end on.
async fn begun(mut events: BoxStream<'static, InferenceEvent>) -> Result<BoxStream<'static, InferenceEvent>, Refusal> {
    loop {
        match events.next().await {
            None => return Err(Refusal::ended_early()),
            Some(InferenceEvent::Failed(error)) => return Err(error.into()),
            Some(InferenceEvent::Loading { .. } | InferenceEvent::Prompt { .. }) => {}
            Some(first) => return Ok(futures::stream::iter([first]).chain(events).boxed()),
        }
    }
}
