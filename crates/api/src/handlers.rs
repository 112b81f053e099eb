//! One handler a route, each calling one use case, and the description of each route beside it.

pub(crate) mod artifacts;
pub(crate) mod bundle;
pub(crate) mod catalog;
pub(crate) mod data;
pub(crate) mod doctor;
pub(crate) mod drafts;
pub(crate) mod export;
pub(crate) mod fallback;
pub(crate) mod fit;
pub(crate) mod health;
pub(crate) mod history;
pub(crate) mod hub;
pub(crate) mod model_files;
pub(crate) mod models;
pub(crate) mod pipelines;
pub(crate) mod preview;
pub(crate) mod projects;
pub(crate) mod queue;
pub(crate) mod remotes;
pub(crate) mod run_control;
pub(crate) mod run_events;
pub(crate) mod runs;
pub(crate) mod server;
pub(crate) mod settings;
pub(crate) mod transfers;
pub(crate) mod versions;

use axum::Json;
use axum::http::{HeaderName, StatusCode, header};

use crate::BASE;
use crate::problem::Problem;

/// A JSON answer, or the problem that stands in its place.
pub(crate) type Answer<T> = Result<Json<T>, Problem>;

/// The answer to a request that made a thing: the thing, and where it is.
pub(crate) type Created<T> = Result<(StatusCode, [(HeaderName, String); 1], Json<T>), Problem>;

/// `thing` with its path below the interface's own prefix.
pub(crate) fn created<T>(status: StatusCode, path: &str, thing: T) -> Created<T> {
    Ok((status, [(header::LOCATION, format!("{BASE}{path}"))], Json(thing)))
}
