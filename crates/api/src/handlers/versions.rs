//! Saved pipelines and their versions.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use brickwork_app::{
    App, NewPipeline, PipelineCopy, PipelineSummary, PipelineUpdate, SavedPipeline, SavedVersion, VersionLabel,
    VersionSummary, pipeline_id_of, version_of,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::extract::{Body, OptionalBody, Path, Query};
use crate::handlers::{Answer, Created, created};
use crate::openapi::responses::{Conflict, NotFound};
use crate::problem::Problem;

/// Saved pipelines.
#[derive(Serialize, ToSchema)]
pub(crate) struct Pipelines {
    /// The last saved first.
    pipelines: Vec<PipelineSummary>,
}

/// Which pipelines to list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct PipelinesQuery {
    /// Only those of this project.
    project_id: Option<Uuid>,
}

/// The saved pipelines
#[utoipa::path(get, path = "/pipelines", tag = "pipelines", params(PipelinesQuery),
    responses((status = 200, description = "Without their documents, the last saved first.", body = Pipelines), NotFound))]
pub(crate) async fn list_pipelines(State(app): State<App>, Query(query): Query<PipelinesQuery>) -> Answer<Pipelines> {
    Ok(Json(Pipelines { pipelines: app.pipelines(query.project_id).await? }))
}

/// Save a new pipeline
///
/// Its document may be unfinished: only a `name` is asked for. `validate` says what else it needs before it can run.
#[utoipa::path(post, path = "/pipelines", tag = "pipelines", request_body = NewPipeline,
    responses((status = 201, description = "The pipeline, version 1.", body = SavedPipeline,
        headers(("Location" = String, description = "Path of the pipeline.")))))]
pub(crate) async fn save_pipeline(State(app): State<App>, Body(request): Body<NewPipeline>) -> Created<SavedPipeline> {
    let saved = app.save_pipeline(request).await?;
    created(StatusCode::CREATED, &format!("/pipelines/{}", saved.id), saved)
}

/// A saved pipeline
#[utoipa::path(get, path = "/pipelines/{pipeline_id}", tag = "pipelines",
    params(("pipeline_id" = Uuid, Path, description = "The pipeline.")),
    responses((status = 200, description = "With its newest document and its draft.", body = SavedPipeline), NotFound))]
pub(crate) async fn get_pipeline(State(app): State<App>, Path(pipeline_id): Path<String>) -> Answer<SavedPipeline> {
    Ok(Json(app.pipeline(pipeline_id_of(&pipeline_id)?).await?))
}

/// Save the next version of a pipeline
///
/// In the place of its draft. The same document makes no new version. With a `base_version` that is not the newest any more nothing is saved.
#[utoipa::path(put, path = "/pipelines/{pipeline_id}", tag = "pipelines",
    params(("pipeline_id" = Uuid, Path, description = "The pipeline.")), request_body = PipelineUpdate,
    responses((status = 200, description = "The pipeline as it is now.", body = SavedPipeline), NotFound, Conflict))]
pub(crate) async fn update_pipeline(
    State(app): State<App>,
    Path(pipeline_id): Path<String>,
    Body(request): Body<PipelineUpdate>,
) -> Answer<SavedPipeline> {
    Ok(Json(app.update_pipeline(pipeline_id_of(&pipeline_id)?, request).await?))
}

/// Remove a saved pipeline
///
/// All its versions go. Runs of it stay: they have their own copy.
#[utoipa::path(delete, path = "/pipelines/{pipeline_id}", tag = "pipelines",
    params(("pipeline_id" = Uuid, Path, description = "The pipeline.")),
    responses((status = 204, description = "It is gone."), NotFound))]
pub(crate) async fn delete_pipeline(
    State(app): State<App>,
    Path(pipeline_id): Path<String>,
) -> Result<StatusCode, Problem> {
    app.delete_pipeline(pipeline_id_of(&pipeline_id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Versions of a pipeline.
#[derive(Serialize, ToSchema)]
pub(crate) struct Versions {
    /// The newest first.
    versions: Vec<VersionSummary>,
}

/// The versions of a pipeline
#[utoipa::path(get, path = "/pipelines/{pipeline_id}/versions", tag = "pipelines",
    params(("pipeline_id" = Uuid, Path, description = "The pipeline.")),
    responses((status = 200, description = "The newest first.", body = Versions), NotFound))]
pub(crate) async fn list_versions(State(app): State<App>, Path(pipeline_id): Path<String>) -> Answer<Versions> {
    Ok(Json(Versions { versions: app.pipeline_versions(pipeline_id_of(&pipeline_id)?).await? }))
}

/// A version of a pipeline
#[utoipa::path(get, path = "/pipelines/{pipeline_id}/versions/{version}", tag = "pipelines",
    params(
        ("pipeline_id" = Uuid, Path, description = "The pipeline."),
        ("version" = u32, Path, minimum = 1, description = "The version's number."),
    ),
    responses((status = 200, description = "With its document.", body = SavedVersion), NotFound))]
pub(crate) async fn get_version(
    State(app): State<App>,
    Path((pipeline_id, version)): Path<(String, String)>,
) -> Answer<SavedVersion> {
    Ok(Json(app.pipeline_version(pipeline_id_of(&pipeline_id)?, version_of(&version)?).await?))
}

/// Rename a version
#[utoipa::path(put, path = "/pipelines/{pipeline_id}/versions/{version}", tag = "pipelines",
    params(
        ("pipeline_id" = Uuid, Path, description = "The pipeline."),
        ("version" = u32, Path, minimum = 1, description = "The version's number."),
    ),
    request_body = VersionLabel,
    responses((status = 200, description = "The version.", body = VersionSummary), NotFound))]
pub(crate) async fn label_version(
    State(app): State<App>,
    Path((pipeline_id, version)): Path<(String, String)>,
    Body(request): Body<VersionLabel>,
) -> Answer<VersionSummary> {
    Ok(Json(app.label_version(pipeline_id_of(&pipeline_id)?, version_of(&version)?, request).await?))
}

/// Copy a saved pipeline
///
/// As it stands, its draft where there is one, as version 1 of a new pipeline.
#[utoipa::path(post, path = "/pipelines/{pipeline_id}/copy", tag = "pipelines",
    params(("pipeline_id" = Uuid, Path, description = "The pipeline.")),
    request_body(content = Option<PipelineCopy>, description = "May be left out."),
    responses((status = 201, description = "The copy.", body = SavedPipeline,
        headers(("Location" = String, description = "Path of the copy."))), NotFound))]
pub(crate) async fn copy_pipeline(
    State(app): State<App>,
    Path(pipeline_id): Path<String>,
    OptionalBody(request): OptionalBody<PipelineCopy>,
) -> Created<SavedPipeline> {
    let copy = app.copy_pipeline(pipeline_id_of(&pipeline_id)?, request.unwrap_or_default()).await?;
    created(StatusCode::CREATED, &format!("/pipelines/{}", copy.id), copy)
}

/// Make an earlier version the newest again
///
/// Its document becomes a new version, in the place of the draft; no version is lost.
#[utoipa::path(post, path = "/pipelines/{pipeline_id}/versions/{version}/restore", tag = "pipelines",
    params(
        ("pipeline_id" = Uuid, Path, description = "The pipeline."),
        ("version" = u32, Path, minimum = 1, description = "The version's number."),
    ),
    responses((status = 200, description = "The pipeline as it is now.", body = SavedPipeline), NotFound))]
pub(crate) async fn restore_version(
    State(app): State<App>,
    Path((pipeline_id, version)): Path<(String, String)>,
) -> Answer<SavedPipeline> {
    Ok(Json(app.restore_pipeline(pipeline_id_of(&pipeline_id)?, version_of(&version)?).await?))
}
