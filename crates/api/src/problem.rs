//! Errors as `application/problem+json` (RFC 9457), with a stable code beside the text.

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use brickwork_app::{AppError, Diagnostic, ErrorCode};
use serde::Serialize;

/// An error's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// A URN that names the kind, `urn:brickwork:problem:CODE`.
    #[serde(rename = "type")]
    kind: String,
    /// The kind in words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// The stable word for the kind.
    code: String,
    /// What happened, to which thing, and what to do next.
    detail: String,
    /// One finding per fault of a pipeline.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    diagnostics: Vec<Diagnostic>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &str, title: &'static str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:brickwork:problem:{code}"),
            title,
            status: status.as_u16(),
            code: code.to_owned(),
            detail: detail.into(),
            diagnostics: Vec::new(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self)).into_response();
        let value = header::HeaderValue::from_static("application/problem+json");
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
            ErrorCode::ModelProblem => {
                (StatusCode::UNPROCESSABLE_ENTITY, "model_problem", "A role has no model that can run")
            }
            ErrorCode::Storage => (StatusCode::INTERNAL_SERVER_ERROR, "storage", "The data folder failed"),
            ErrorCode::Export => (StatusCode::UNPROCESSABLE_ENTITY, "export", "The files could not be exported"),
            ErrorCode::Inference => (StatusCode::INTERNAL_SERVER_ERROR, "inference", "The model failed"),
            ErrorCode::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something went wrong"),
        };
        if status.is_server_error() {
            tracing::error!(%error, code, "a request failed");
        }
        let mut problem = Self::new(status, code, title, error.to_string());
        problem.diagnostics = error.diagnostics().to_vec();
        problem
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        let detail = format!("{}. Correct the part after `?`.", rejection.body_text().trim_end_matches('.'));
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "The request's query is wrong", detail)
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        let status = rejection.status();
        let (code, title) = match status {
            StatusCode::UNSUPPORTED_MEDIA_TYPE => ("unsupported_media_type", "The body must be JSON"),
            StatusCode::PAYLOAD_TOO_LARGE => ("too_large", "The body is too large"),
            _ => ("malformed_json", "The body cannot be read"),
        };
        let remedy = match status {
            StatusCode::UNSUPPORTED_MEDIA_TYPE => " Send it with the header `Content-Type: application/json`.",
            StatusCode::PAYLOAD_TOO_LARGE => " Send less than 2 MiB.",
            _ => " Correct the body and send it again.",
        };
        Self::new(status, code, title, format!("{}.{remedy}", rejection.body_text().trim_end_matches('.')))
    }
}
