//! Long work on files: looking at it, steering it, and beginning downloads.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use brickwork_app::{App, DownloadRequest, TransferView, TransfersView, transfer_id_of};

use crate::extract::{Body, Path};
use crate::handlers::Answer;
use crate::openapi::responses::{Conflict, NotFound};
use crate::problem::Problem;

/// The transfers
///
/// Downloads, imports, checks and bundles, with their progress. Those that have ended stay until they are taken off.
#[utoipa::path(get, path = "/transfers", tag = "models",
    responses((status = 200, description = "The transfers, the oldest first.", body = TransfersView)))]
pub(crate) async fn list_transfers(State(app): State<App>) -> Answer<TransfersView> {
    Ok(Json(app.transfers().await?))
}

/// Pause a transfer
///
/// What has arrived is kept. Pausing a paused one changes nothing.
#[utoipa::path(post, path = "/transfers/{transfer_id}/pause", tag = "models",
    params(("transfer_id" = String, Path, description = "The transfer's id.")),
    responses((status = 200, description = "The transfer as it is now.", body = TransferView), NotFound, Conflict))]
pub(crate) async fn pause_transfer(State(app): State<App>, Path(id): Path<String>) -> Answer<TransferView> {
    Ok(Json(app.pause_transfer(transfer_id_of(&id)?).await?))
}

/// Resume a transfer
///
/// A paused one goes on where it was, and a failed download tries again with what has arrived.
#[utoipa::path(post, path = "/transfers/{transfer_id}/resume", tag = "models",
    params(("transfer_id" = String, Path, description = "The transfer's id.")),
    responses((status = 200, description = "The transfer as it is now.", body = TransferView), NotFound, Conflict))]
pub(crate) async fn resume_transfer(State(app): State<App>, Path(id): Path<String>) -> Answer<TransferView> {
    Ok(Json(app.resume_transfer(transfer_id_of(&id)?).await?))
}

/// Cancel a transfer
///
/// What it has left unfinished is removed. One that has ended is taken off the list.
#[utoipa::path(delete, path = "/transfers/{transfer_id}", tag = "models",
    params(("transfer_id" = String, Path, description = "The transfer's id.")),
    responses((status = 204, description = "It ends, or is off the list."), NotFound, Conflict))]
pub(crate) async fn cancel_transfer(State(app): State<App>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    app.cancel_transfer(transfer_id_of(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Download a model
///
/// Either files of a repository, or a model of the catalog. The download goes on by itself; what the hub says to it is seen
/// in the transfer. Ordering the same files again goes on with the download that there is.
#[utoipa::path(post, path = "/downloads", tag = "models", request_body = DownloadRequest,
    responses((status = 202, description = "It is begun, or goes on.", body = TransferView), NotFound, Conflict))]
pub(crate) async fn start_download(
    State(app): State<App>,
    Body(request): Body<DownloadRequest>,
) -> Result<(StatusCode, Json<TransferView>), Problem> {
    Ok((StatusCode::ACCEPTED, Json(app.start_download(request).await?)))
}
