//! From a run's artifacts to files in a folder of this machine.

use axum::Json;
use axum::extract::State;
use brickwork_app::{
    App, ExportPlanView, ExportRequest, ExportResult, RunExports, UndoRequest, UndoResult, export_id_of, run_id_of,
};

use crate::extract::{Body, OptionalBody, Path};
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
/// Files that were edited, or that no export wrote, are skipped unless `overwrite` is set. What is overwritten is kept, so
/// that the export can be undone.
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

/// The exports of a run that are kept
///
/// The newest first. Only the latest 50 exports of all runs are kept.
#[utoipa::path(get, path = "/runs/{run_id}/exports", tag = "artifacts",
    params(("run_id" = Uuid, Path, description = "The run.")),
    responses((status = 200, description = "Those that can be undone, and those that were.", body = RunExports), NotFound))]
pub(crate) async fn list_exports(State(app): State<App>, Path(run_id): Path<String>) -> Answer<RunExports> {
    Ok(Json(app.run_exports(run_id_of(&run_id)?).await?))
}

/// Undo an export
///
/// Every file holds again what it held before, and files and folders that the export made are gone. What was edited or
/// removed since is skipped unless `overwrite` is set. An undo that was cut off is finished by asking again.
#[utoipa::path(post, path = "/exports/{export_id}/undo", tag = "artifacts",
    params(("export_id" = Uuid, Path, description = "The export.")), request_body = Option<UndoRequest>,
    responses((status = 200, description = "What was put back and what was not.", body = UndoResult), NotFound, Conflict))]
pub(crate) async fn undo_export(
    State(app): State<App>,
    Path(export_id): Path<String>,
    OptionalBody(request): OptionalBody<UndoRequest>,
) -> Answer<UndoResult> {
    Ok(Json(app.undo_export(export_id_of(&export_id)?, &request.unwrap_or_default()).await?))
}
