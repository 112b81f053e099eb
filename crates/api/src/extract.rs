//! What a request brings, with every refusal as a [`Problem`].

use axum::Json;
use axum::body::{Body as RawBody, Bytes};
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use brickwork_app::{AppError, Diagnostic, Phrase, read_request};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::problem::Problem;

/// A JSON body of any shape.
pub(crate) struct AnyBody(pub(crate) Value);

impl<S: Send + Sync> FromRequest<S> for AnyBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let Json(value) = Json::from_request(request, state).await?;
        Ok(Self(value))
    }
}

/// A JSON object. One of another shape is refused with the place of the fault.
pub(crate) struct Body<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let AnyBody(value) = AnyBody::from_request(request, state).await?;
        require_object(Some(&value), "$")?;
        Ok(Self(read_request(&value)?))
    }
}

/// Refuses what is there and no object. serde would also take a list of the fields' values, in which nobody could find a
/// fault.
pub(crate) fn require_object(value: Option<&Value>, path: &str) -> Result<(), Problem> {
    if value.is_none_or(Value::is_object) {
        return Ok(());
    }
    let fault = Diagnostic::error("wrong_type", path, "This must be an object.", "Give a JSON object.")
        .saying(Phrase::new("must_be_an_object"));
    Err(AppError::InvalidRequest(vec![fault]).into())
}

/// A JSON body that may be left out, or be null. Only a body that is there must be JSON.
pub(crate) struct OptionalBody<T>(pub(crate) Option<T>);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for OptionalBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let bytes = Bytes::from_request(Request::from_parts(parts.clone(), body), state).await.map_err(
            |rejection: BytesRejection| Problem::unreadable_body(rejection.status(), &rejection.body_text()),
        )?;
        if bytes.is_empty() {
            return Ok(Self(None));
        }
        let AnyBody(value) = AnyBody::from_request(Request::from_parts(parts, RawBody::from(bytes)), state).await?;
        if value.is_null() {
            return Ok(Self(None));
        }
        require_object(Some(&value), "$")?;
        Ok(Self(Some(read_request(&value)?)))
    }
}

/// What follows `?`.
pub(crate) struct Query<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let axum::extract::Query(value) = axum::extract::Query::from_request_parts(parts, state).await?;
        Ok(Self(value))
    }
}

/// The names in the path, as text. What they spell is for the use case to say.
pub(crate) struct Path<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let axum::extract::Path(value) = axum::extract::Path::from_request_parts(parts, state).await?;
        Ok(Self(value))
    }
}
