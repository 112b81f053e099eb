//! Errors in OpenAI's form.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use brickwork_app::{AppError, ErrorCode, InferenceError, InferenceErrorCode};
use serde::Serialize;
use utoipa::ToSchema;

/// An error's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct OpenAiError {
    /// The error.
    error: ErrorBody,
}

/// An error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ErrorBody {
    /// What happened, and what to do next.
    message: String,
    /// `invalid_request_error` or `server_error`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The field of the request that is at fault.
    #[schema(required)]
    param: Option<String>,
    /// A stable word for the kind.
    #[schema(required)]
    code: Option<&'static str>,
}

/// An error with its status.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    body: OpenAiError,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, param: Option<&str>, code: Option<&'static str>, message: String) -> Self {
        let kind = if status.is_server_error() { "server_error" } else { "invalid_request_error" };
        let error = ErrorBody { message, kind, param: param.map(str::to_owned), code };
        Self { status, body: OpenAiError { error } }
    }

    /// A value that cannot be used.
    pub(super) fn invalid(param: Option<&str>, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, param, None, message.into())
    }

    /// A name that no model has.
    pub(super) fn unknown_model(name: &str) -> Self {
        let message = format!("There is no model `{name}`. GET /v1/models lists them.");
        Self::new(StatusCode::NOT_FOUND, Some("model"), Some("model_not_found"), message)
    }

    /// A path that leads nowhere, or a method that it does not have.
    pub(crate) fn of_route(status: StatusCode, message: String) -> Self {
        Self::new(status, None, Some("unknown_url"), message)
    }

    /// A stream of a model that said neither that it was done nor that it failed.
    pub(super) fn ended_early() -> Self {
        let message = "The model ended without a result. Try again; the log in the data folder says more.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, None, Some("internal"), message.into())
    }

    /// The error without its status, as it stands in a stream.
    pub(super) const fn body(&self) -> &OpenAiError {
        &self.body
    }

    #[cfg(test)]
    pub(super) fn param(&self) -> Option<&str> {
        self.body.error.param.as_deref()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        if self.status.is_server_error() {
            tracing::error!(error = self.body.error.message, "a chat request failed");
        }
        (self.status, Json(self.body)).into_response()
    }
}

impl From<JsonRejection> for Refusal {
    fn from(rejection: JsonRejection) -> Self {
        let status = match rejection.status() {
            known @ (StatusCode::UNSUPPORTED_MEDIA_TYPE | StatusCode::PAYLOAD_TOO_LARGE) => known,
            _ => StatusCode::BAD_REQUEST,
        };
        Self::new(status, None, None, rejection.body_text())
    }
}

impl From<AppError> for Refusal {
    fn from(error: AppError) -> Self {
        let message = error.to_string();
        match error {
            AppError::Inference(error) => error.into(),
            other => match other.code() {
                ErrorCode::NotFound => {
                    Self::new(StatusCode::NOT_FOUND, Some("model"), Some("model_not_found"), message)
                }
                ErrorCode::ModelProblem => {
                    Self::new(StatusCode::SERVICE_UNAVAILABLE, Some("model"), Some("model_problem"), message)
                }
                ErrorCode::Invalid => Self::invalid(None, message),
                _ => Self::new(StatusCode::INTERNAL_SERVER_ERROR, None, Some("internal"), message),
            },
        }
    }
}

impl From<InferenceError> for Refusal {
    fn from(error: InferenceError) -> Self {
        use InferenceErrorCode as Code;
        let (status, param, code) = match error.code {
            Code::PromptTooLong => (StatusCode::BAD_REQUEST, Some("messages"), "context_length_exceeded"),
            Code::BadRequest => (StatusCode::BAD_REQUEST, Some("messages"), "bad_request"),
            Code::ModelMissing => (StatusCode::SERVICE_UNAVAILABLE, Some("model"), "model_missing"),
            Code::OutOfMemory => (StatusCode::SERVICE_UNAVAILABLE, None, "out_of_memory"),
            Code::WorkerUnavailable => (StatusCode::SERVICE_UNAVAILABLE, None, "worker_unavailable"),
            Code::RemoteUnreachable => (StatusCode::SERVICE_UNAVAILABLE, Some("model"), "remote_unreachable"),
            Code::RemoteRefused => (StatusCode::SERVICE_UNAVAILABLE, Some("model"), "remote_refused"),
            Code::RemoteFailed => (StatusCode::INTERNAL_SERVER_ERROR, Some("model"), "remote_failed"),
            Code::ModelInvalid => (StatusCode::INTERNAL_SERVER_ERROR, Some("model"), "model_invalid"),
            Code::LoadFailed => (StatusCode::INTERNAL_SERVER_ERROR, Some("model"), "load_failed"),
            Code::WorkerCrashed => (StatusCode::INTERNAL_SERVER_ERROR, None, "worker_crashed"),
            Code::WorkerSilent => (StatusCode::INTERNAL_SERVER_ERROR, None, "worker_silent"),
            Code::TimedOut => (StatusCode::INTERNAL_SERVER_ERROR, None, "timed_out"),
            Code::GateFailed => (StatusCode::INTERNAL_SERVER_ERROR, None, "gate_failed"),
            Code::Internal => (StatusCode::INTERNAL_SERVER_ERROR, None, "internal"),
        };
        Self::new(status, param, Some(code), error.message)
    }
}
