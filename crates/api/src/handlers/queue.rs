//! The order in which runs come.

use axum::Json;
use axum::extract::State;
use brickwork_app::{App, QueueView, run_id_of};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::extract::{Body, Path};
use crate::handlers::Answer;
use crate::openapi::responses::{Conflict, NotFound};

/// The queue
///
/// Who carries runs out, which run, which wait in which order, and which are held: paused or interrupted.
#[utoipa::path(get, path = "/queue", tag = "runs",
    responses((status = 200, description = "The queue as it is now.", body = QueueView)))]
pub(crate) async fn get_queue(State(app): State<App>) -> Answer<QueueView> {
    Ok(Json(app.queue().await?))
}

/// Where a waiting run is to stand.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MoveRequest {
    /// The waiting run before which it is to stand; last when null or absent.
    before: Option<Uuid>,
}

/// Move a waiting run in the queue
#[utoipa::path(post, path = "/runs/{run_id}/move", tag = "runs",
    params(("run_id" = Uuid, Path, description = "The run.")), request_body = MoveRequest,
    responses((status = 200, description = "The queue as it is now.", body = QueueView), NotFound, Conflict))]
pub(crate) async fn move_run(
    State(app): State<App>,
    Path(run_id): Path<String>,
    Body(request): Body<MoveRequest>,
) -> Answer<QueueView> {
    Ok(Json(app.move_run(run_id_of(&run_id)?, request.before).await?))
}
