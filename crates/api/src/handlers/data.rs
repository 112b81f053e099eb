//! The data folder: its size, what may go from it, its backup, and the program's numbers.

use std::path::Path;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use brickwork_app::{App, BackupReport, BackupRequest, METRICS_CONTENT_TYPE, PruneReport, PruneRequest, StorageView};

use crate::extract::Body;
use crate::handlers::Answer;
use crate::openapi::responses::Conflict;
use crate::problem::Problem;

/// Sizes and counts of the data folder
#[utoipa::path(get, path = "/storage", tag = "data",
    responses((status = 200, description = "Sizes in bytes.", body = StorageView)))]
pub(crate) async fn get_storage(State(app): State<App>) -> Answer<StorageView> {
    Ok(Json(app.storage().await?))
}

/// Remove old runs
///
/// Empties the trash; beside it only runs that have ended go, and without any limit none. A dry run tells exactly what would go.
#[utoipa::path(post, path = "/prune", tag = "data", request_body = PruneRequest,
    responses((status = 200, description = "What went, or would go.", body = PruneReport)))]
pub(crate) async fn prune_runs(State(app): State<App>, Body(request): Body<PruneRequest>) -> Answer<PruneReport> {
    Ok(Json(app.prune(request.retention(), request.dry_run).await?))
}

/// Write a backup
///
/// One new file on this machine with everything but the models, as of one instant. A file that exists is refused.
#[utoipa::path(post, path = "/backup", tag = "data", request_body = BackupRequest,
    responses((status = 200, description = "What it holds.", body = BackupReport), Conflict))]
pub(crate) async fn backup_data(State(app): State<App>, Body(request): Body<BackupRequest>) -> Answer<BackupReport> {
    Ok(Json(app.backup(Path::new(&request.path)).await?))
}

/// The program's numbers
///
/// In the text form that Prometheus reads (OpenMetrics).
#[utoipa::path(get, path = "/metrics", tag = "program",
    responses((status = 200, description = "The numbers.", body = String,
        content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8")))]
pub(crate) async fn get_metrics(State(app): State<App>) -> Result<impl IntoResponse, Problem> {
    Ok(([(header::CONTENT_TYPE, METRICS_CONTENT_TYPE)], app.metrics_text().await?))
}
