//! Reading a request's body within a size and a time.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::judge;
use super::refusal::Refusal;
use crate::max_body_bytes;

/// The request with its whole body at hand. A body that announces to be too long is refused unread.
pub(super) async fn read(request: Request<Body>, within: Duration) -> Result<Request<Body>, Refusal> {
    if !judge::has_body(request.headers()) {
        return Ok(request);
    }
    let max_bytes = max_body_bytes(request.uri().path());
    if judge::content_length(request.headers()).is_none_or(|length| length > max_bytes as u64) {
        return Err(Refusal::TooLarge);
    }
    let (head, body) = request.into_parts();
    match tokio::time::timeout(within, Limited::new(body, max_bytes).collect()).await {
        Ok(Ok(whole)) => Ok(Request::from_parts(head, Body::from(whole.to_bytes()))),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Refusal::TooLarge),
        Ok(Err(error)) => {
            tracing::debug!(%error, "a request's body broke off");
            Err(Refusal::BodyLost)
        }
        Err(_) => Err(Refusal::BodyTimeout),
    }
}
