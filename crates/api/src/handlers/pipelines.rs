//! Templates, and what can be asked about a pipeline without running it.

use axum::Json;
use axum::extract::State;
use brickwork_app::{App, Diagnostic, Highlighted, Severity, Template};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::extract::{AnyBody, Body};
use crate::handlers::Answer;

/// Pipelines to start from.
#[derive(Serialize, ToSchema)]
pub(crate) struct Templates {
    /// In the order in which they are shown.
    templates: Vec<Template>,
}

/// The pipelines that ship with Brickwork
#[utoipa::path(get, path = "/templates", tag = "pipelines",
    responses((status = 200, description = "Complete pipelines, each with an id.", body = Templates)))]
pub(crate) async fn list_templates(State(app): State<App>) -> Answer<Templates> {
    Ok(Json(Templates { templates: app.templates()? }))
}

/// What was found about a pipeline.
#[derive(Serialize, ToSchema)]
pub(crate) struct Validation {
    /// Whether it can run: no finding is an error.
    valid: bool,
    /// Errors and warnings.
    diagnostics: Vec<Diagnostic>,
}

/// Check a pipeline without running it
///
/// Takes any JSON and says everything that keeps it from being a `Pipeline`, each fault with its place. Nothing is
/// stored.
#[utoipa::path(post, path = "/validate", tag = "pipelines",
    request_body(content = Value, description = "What is to be a `Pipeline`."),
    responses((status = 200, description = "The findings; an empty list is a perfect pipeline.", body = Validation)))]
pub(crate) async fn validate_pipeline(State(app): State<App>, AnyBody(body): AnyBody) -> Answer<Validation> {
    let diagnostics = app.validate(&body).await?;
    let valid = diagnostics.iter().all(|finding| finding.severity != Severity::Error);
    Ok(Json(Validation { valid, diagnostics }))
}

/// A source text to be coloured.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HighlightRequest {
    /// The file extension without a dot, e.g. `tsx`; an unknown one is plain text.
    #[serde(rename = "type")]
    kind: String,
    /// The source.
    content: String,
    /// The first line that is wanted, from 0; all of them when `from` and `to` are absent. At most 5,000 are given, and of
    /// sources of more than 512 KiB only such slices are coloured.
    from: Option<usize>,
    /// The line before which to stop.
    to: Option<usize>,
}

/// Colour a source text
///
/// The answer holds lengths and class names, never markup.
#[utoipa::path(post, path = "/highlight", tag = "artifacts", request_body = HighlightRequest,
    responses((status = 200, description = "The runs of each line that is wanted.", body = Highlighted)))]
pub(crate) async fn highlight_source(Body(body): Body<HighlightRequest>) -> Answer<Highlighted> {
    let HighlightRequest { kind, content, from, to } = body;
    let is_slice = from.is_some() || to.is_some();
    let range = is_slice.then(|| (from.unwrap_or_default(), to.unwrap_or(usize::MAX)));
    Ok(Json(brickwork_app::coloured(kind, content, range).await?))
}
