//! From a run's artifacts to files in a folder of this machine.

use axum::Json;
use axum::extract::State;
use brickwork_app::{App, ExportPlanView, ExportRequest, ExportResult, run_id_of};

use crate::extract::{Body, Path};
use crate::handlers::Answer;
use crate::openapi::responses::{Conflict, NotFound};

/// What an export would do
///
/// Nothing is written. Files that were edited, or that no export wrote, are conflicts and come with a diff.
#[utoipa::path(post, path = "/runs/{run_id}/export/plan", tag = "artifacts",
    params(("run_id" = Uuid, Path, description = "The run.")), request_body = ExportRequest,
    responses((status = 200, description = "What would happen to each file.", body = ExportPlanView), NotFound, Conflict))]
pub(crate) async fn plan_export(
    State(app): State<App>,
    Path(run_id): Path<String>,
    Body(request): Body<ExportRequest>,
) -> Answer<ExportPlanView> {
    Ok(Json(app.plan_export(run_id_of(&run_id)?, &request).await?))
}

/// Write a run's files into a folder
///
/// Files that were edited, or that no export wrote, are skipped unless `overwrite` is set.
#[utoipa::path(post, path = "/runs/{run_id}/export", tag = "artifacts",
    params(("run_id" = Uuid, Path, description = "The run.")), request_body = ExportRequest,
    responses((status = 200, description = "What was written and what was not.", body = ExportResult), NotFound, Conflict))]
pub(crate) async fn export_run(
    State(app): State<App>,
    Path(run_id): Path<String>,
    Body(request): Body<ExportRequest>,
) -> Answer<ExportResult> {
    Ok(Json(app.export(run_id_of(&run_id)?, &request).await?))
}
