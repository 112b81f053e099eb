//! The program's state at a glance.

use axum::Json;
use axum::extract::State;
use brickwork_app::{App, Health};

use crate::handlers::Answer;

/// The program's state at a glance
///
/// Answers whenever the program runs: version, data folder, what the worker does, and how many runs are under way.
#[utoipa::path(get, path = "/health", tag = "program", responses((status = 200, description = "It runs.", body = Health)))]
pub(crate) async fn get_health(State(app): State<App>) -> Answer<Health> {
    Ok(Json(app.health().await?))
}
