//! A run's events as a stream of server-sent events.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use brickwork_app::{App, RunEvent, run_id_of};
use futures::{Stream, StreamExt};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::event_slots::EventSlot;
use crate::extract::{Path, Query};
use crate::openapi::responses::{Busy, Invalid, NotFound};
use crate::problem::Problem;

/// How often a silent event stream says that it is alive.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// From where to follow a run.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventsQuery {
    /// Number of the last event that is known already; 0 for all of them.
    after: Option<u64>,
}

/// Follow a run
///
/// Server-sent events: first what is recorded after the given number, then everything that happens, until the run has
/// ended. The `data` of each is a `RunEvent`; durable ones have their number as `id`. A silent stream says every 15 s
/// that it is alive. Leaving the stream does not end the run.
#[utoipa::path(get, path = "/runs/{run_id}/events", tag = "runs",
    params(
        ("run_id" = Uuid, Path, description = "The run."),
        EventsQuery,
        ("Last-Event-ID" = Option<String>, Header, description = "As `after`, and before it; browsers send it by themselves."),
    ),
    responses(
        (status = 200, description = "The events; the schema is that of each one's `data`.", body = RunEvent,
            content_type = "text/event-stream"),
        NotFound, Invalid, Busy))]
pub(crate) async fn follow_run(
    State(app): State<App>,
    Path(run_id): Path<String>,
    Query(query): Query<EventsQuery>,
    headers: HeaderMap,
    slot: EventSlot,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let last_id = headers.get("last-event-id").and_then(|value| value.to_str().ok()?.parse().ok());
    let events = app.events(run_id_of(&run_id)?, last_id.or(query.after).unwrap_or(0)).await?;
    let stream = events.map(move |event| {
        // The stream holds its place for as long as it lives.
        let _ = &slot;
        let data = serde_json::to_string(&event).expect("an event is plain data and always serialises");
        let message = Event::default().data(data);
        Ok(match event.seq {
            Some(seq) => message.id(seq.to_string()),
            None => message,
        })
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}
