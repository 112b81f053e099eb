//! The limit on event streams that are open at once.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::problem::Problem;

/// Event streams that one router serves at once.
pub const MAX_EVENT_LISTENERS: usize = 128;

/// Seconds after which a listener that was turned away may ask again.
const RETRY_AFTER_S: &str = "5";

/// The places for event streams of one router, which is layered with it as an extension.
#[derive(Debug, Clone)]
pub struct EventSlots {
    free: Arc<Semaphore>,
}

impl Default for EventSlots {
    fn default() -> Self {
        Self { free: Arc::new(Semaphore::new(MAX_EVENT_LISTENERS)) }
    }
}

/// One taken place. A handler takes it as an argument and keeps it for as long as its stream.
#[derive(Debug)]
pub struct EventSlot {
    _place: Option<OwnedSemaphorePermit>,
}

impl<S: Send + Sync> FromRequestParts<S> for EventSlot {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Response> {
        let Some(slots) = parts.extensions.get::<EventSlots>() else { return Ok(Self { _place: None }) };
        match Arc::clone(&slots.free).try_acquire_owned() {
            Ok(place) => Ok(Self { _place: Some(place) }),
            Err(_) => Err(too_many()),
        }
    }
}

fn too_many() -> Response {
    let detail = format!(
        "There are {MAX_EVENT_LISTENERS} event streams open already. Close one, or ask again in {RETRY_AFTER_S} seconds."
    );
    let problem =
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_listeners", "Too many event streams are open", detail);
    let mut response = problem.into_response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_S));
    response
}
