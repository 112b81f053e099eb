//! Bundles: pipelines and what is needed to run them, in one file of this machine.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use brickwork_app::{App, BundleExportRequest, BundleImportReport, BundleImportRequest, TransferView};

use crate::extract::Body;
use crate::handlers::Answer;
use crate::openapi::responses::{Conflict, Invalid};
use crate::problem::Problem;

/// The answer to a request whose work goes on: the transfer.
type Accepted = Result<(StatusCode, Json<TransferView>), Problem>;

/// Write a bundle
///
/// Pipelines with the names and checksums of the models that serve them, and the models themselves where asked for.
#[utoipa::path(post, path = "/bundles/export", tag = "data", request_body = BundleExportRequest,
    responses((status = 202, description = "The transfer.", body = TransferView), Conflict, Invalid))]
pub(crate) async fn export_bundle(State(app): State<App>, Body(request): Body<BundleExportRequest>) -> Accepted {
    Ok((StatusCode::ACCEPTED, Json(app.export_bundle(request).await?.transfer)))
}

/// What importing a bundle would do
///
/// Nothing is written.
#[utoipa::path(post, path = "/bundles/import/plan", tag = "data", request_body = BundleImportRequest,
    responses((status = 200, description = "What becomes of each pipeline, model and role.", body = BundleImportReport), Invalid))]
pub(crate) async fn plan_bundle_import(
    State(app): State<App>,
    Body(request): Body<BundleImportRequest>,
) -> Answer<BundleImportReport> {
    Ok(Json(app.plan_bundle_import(request).await?))
}

/// Import a bundle
///
/// Every checksum is compared before a model appears; nothing is overwritten.
#[utoipa::path(post, path = "/bundles/import", tag = "data", request_body = BundleImportRequest,
    responses((status = 202, description = "The transfer.", body = TransferView), Conflict, Invalid))]
pub(crate) async fn import_bundle(State(app): State<App>, Body(request): Body<BundleImportRequest>) -> Accepted {
    Ok((StatusCode::ACCEPTED, Json(app.import_bundle(request).await?.transfer)))
}
