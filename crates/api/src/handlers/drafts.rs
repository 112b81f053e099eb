//! Drafts of saved pipelines.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use brickwork_app::{App, DraftRequest, SavedDraft, pipeline_id_of};

use crate::extract::{Body, Path};
use crate::handlers::Answer;
use crate::openapi::responses::{Conflict, NotFound};
use crate::problem::Problem;

/// The largest body of a draft, in bytes: a document and as much for its editor.
pub(crate) const MAX_DRAFT_BYTES: usize = 5 * 1024 * 1024;

/// Keep a draft of a pipeline
///
/// On disk when this answers. A draft with a lower `seq` than the kept one's is refused with the code `draft_conflict` and
/// the kept one's `seq`. The body may have 5 MiB. Saving a version drops the draft.
#[utoipa::path(put, path = "/pipelines/{pipeline_id}/draft", tag = "pipelines",
    params(("pipeline_id" = Uuid, Path, description = "The pipeline.")), request_body = DraftRequest,
    responses((status = 200, description = "That it is kept.", body = SavedDraft), NotFound, Conflict))]
pub(crate) async fn put_draft(
    State(app): State<App>,
    Path(pipeline_id): Path<String>,
    Body(request): Body<DraftRequest>,
) -> Answer<SavedDraft> {
    Ok(Json(app.save_draft(pipeline_id_of(&pipeline_id)?, request).await?))
}

/// Drop the draft of a pipeline
///
/// The pipeline is then as its newest version says. That there is no draft is as good.
#[utoipa::path(delete, path = "/pipelines/{pipeline_id}/draft", tag = "pipelines",
    params(("pipeline_id" = Uuid, Path, description = "The pipeline.")),
    responses((status = 204, description = "It is gone."), NotFound))]
pub(crate) async fn delete_draft(
    State(app): State<App>,
    Path(pipeline_id): Path<String>,
) -> Result<StatusCode, Problem> {
    app.delete_draft(pipeline_id_of(&pipeline_id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
