//! Errors as `application/problem+json` (RFC 9457), with a stable code beside the text.

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use brickwork_app::{AppError, Diagnostic, ErrorCode, Phrase};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// The media type of an error's answer.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

/// An error's answer (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// A URN that names the kind, `urn:brickwork:problem:CODE`.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    kind: Box<str>,
    /// The kind in words.
    title: &'static str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// The stable word for the kind.
    code: &'static str,
    /// What happened, to which thing, and what to do next.
    detail: String,
    /// The detail in a form that can be put into another language; absent where it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    phrase: Option<Box<Phrase>>,
    /// One finding per fault of a pipeline.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    diagnostics: Vec<Diagnostic>,
    /// Further members of this kind.
    #[serde(flatten)]
    #[schema(value_type = ProblemMembers)]
    members: Box<Map<String, Value>>,
}

/// The members that only some kinds of problems have.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes the keys of `Problem::members`")]
pub(crate) struct ProblemMembers {
    /// With the code `port_taken`: the next port that is free.
    next_free_port: Option<u16>,
    /// With the code `draft_conflict`: the number of the draft that is kept.
    seq: Option<u64>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:brickwork:problem:{code}").into(),
            title,
            status: status.as_u16(),
            code,
            detail: detail.into(),
            phrase: None,
            diagnostics: Vec::new(),
            members: Box::default(),
        }
    }

    /// A further member beside the standard ones; [`ProblemMembers`] documents it.
    #[must_use]
    pub(crate) fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.members.insert(member.to_owned(), value.into());
        self
    }

    /// A body that is no JSON, too large, or JSON of another shape.
    pub(crate) fn unreadable_body(status: StatusCode, text: &str) -> Self {
        let (code, title, remedy) = match status {
            StatusCode::UNSUPPORTED_MEDIA_TYPE => (
                "unsupported_media_type",
                "The body must be JSON",
                "Send it with the header `Content-Type: application/json`.",
            ),
            StatusCode::PAYLOAD_TOO_LARGE => ("too_large", "The body is too large", "Send less than 2 MiB."),
            StatusCode::UNPROCESSABLE_ENTITY => {
                ("invalid", "The request's content is wrong", "Correct the body and send it again.")
            }
            _ => ("malformed_json", "The body cannot be read", "Correct the body and send it again."),
        };
        Self::new(status, code, title, format!("{}. {remedy}", text.trim_end_matches('.')))
    }

    /// A query whose value cannot be used.
    pub(crate) fn invalid_query(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "The request's query is wrong", detail)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self)).into_response();
        let value = header::HeaderValue::from_static(PROBLEM_JSON);
        response.headers_mut().insert(header::CONTENT_TYPE, value);
        response
    }
}

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        let (status, code, title) = match error.code() {
            ErrorCode::NotFound => (StatusCode::NOT_FOUND, "not_found", "Not found"),
            ErrorCode::Invalid => (StatusCode::UNPROCESSABLE_ENTITY, "invalid", "The request's content is wrong"),
            ErrorCode::Conflict => (StatusCode::CONFLICT, "conflict", "The thing's state does not allow this"),
            ErrorCode::RunNotHeld => (StatusCode::CONFLICT, "run_not_held", "The run does not wait for the user"),
            ErrorCode::StepNotEditable => {
                (StatusCode::CONFLICT, "step_not_editable", "The step's output cannot be replaced")
            }
            ErrorCode::IdempotencyKeyReused => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency_key_reused",
                "The idempotency key stands for another request",
            ),
            ErrorCode::ModelProblem => {
                (StatusCode::UNPROCESSABLE_ENTITY, "model_problem", "A role has no model that can run")
            }
            ErrorCode::Stopping => (StatusCode::SERVICE_UNAVAILABLE, "stopping", "The program stops"),
            ErrorCode::Storage => (StatusCode::INTERNAL_SERVER_ERROR, "storage", "The data folder failed"),
            ErrorCode::Export => (StatusCode::UNPROCESSABLE_ENTITY, "export", "The files could not be exported"),
            ErrorCode::DraftConflict => (StatusCode::CONFLICT, "draft_conflict", "A newer draft is kept"),
            ErrorCode::NoPreview => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "no_preview", "The artifact cannot be shown as a page")
            }
            ErrorCode::HubUnreachable => {
                (StatusCode::BAD_GATEWAY, "hub_unreachable", "The hub of models did not answer")
            }
            ErrorCode::HubTokenNeeded => (StatusCode::CONFLICT, "hub_token_needed", "The hub asks for a token"),
            ErrorCode::HubLicenceNeeded => {
                (StatusCode::CONFLICT, "hub_licence_needed", "A licence must be accepted on the hub first")
            }
            ErrorCode::HubAccessDenied => {
                (StatusCode::CONFLICT, "hub_access_denied", "The hub does not accept the token")
            }
            ErrorCode::Inference => (StatusCode::INTERNAL_SERVER_ERROR, "inference", "The model failed"),
            ErrorCode::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something went wrong"),
        };
        if status.is_server_error() {
            tracing::error!(%error, code, "a request failed");
        }
        let mut problem = Self::new(status, code, title, error.to_string());
        problem.phrase = error.phrase().map(Box::new);
        problem.diagnostics = error.diagnostics().to_vec();
        match error {
            AppError::DraftConflict { seq } => problem.with("seq", seq),
            _ => problem,
        }
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        let text = rejection.body_text();
        Self::invalid_query(format!("{}. Correct the part after `?`.", text.trim_end_matches('.')))
    }
}

impl From<PathRejection> for Problem {
    fn from(rejection: PathRejection) -> Self {
        // A name that cannot even be read names nothing.
        let detail = format!("{}. Correct the path.", rejection.body_text().trim_end_matches('.'));
        Self::new(StatusCode::NOT_FOUND, "not_found", "Not found", detail)
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        Self::unreadable_body(rejection.status(), &rejection.body_text())
    }
}
