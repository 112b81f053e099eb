//! What a pipeline would ask its models.

use axum::Json;
use axum::extract::State;
use brickwork_app::{App, Pipeline, PreviewRequest, PreviewView, project_id_of, run_id_of};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::extract::{Body, Path};
use crate::handlers::Answer;
use crate::openapi::responses::NotFound;

/// What is to be looked at.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreviewBody {
    /// The pipeline. Its name, steps and prompts may be missing yet.
    #[schema(value_type = Pipeline)]
    pipeline: Value,
    /// Name of the step, or `assembler`, whose `messages` and `text` are wanted; none when absent.
    step: Option<String>,
    /// A run whose outputs are known where repeating it with this pipeline would take them over.
    #[schema(format = Uuid)]
    run_id: Option<String>,
}

/// Look at prompts and token budgets before a run
///
/// Lays out what each step would ask its model, exactly as a run does, and counts it with the model's own tokenizer.
/// Outputs that are not known yet count with their `max_tokens`. Nothing is stored, and no model is loaded.
#[utoipa::path(post, path = "/projects/{project_id}/preview", tag = "pipelines",
    params(("project_id" = Uuid, Path, description = "The project that the pipeline would run in.")),
    request_body = PreviewBody,
    responses((status = 200, description = "The steps with their budgets.", body = PreviewView), NotFound))]
pub(crate) async fn preview_pipeline(
    State(app): State<App>,
    Path(project_id): Path<String>,
    Body(body): Body<PreviewBody>,
) -> Answer<PreviewView> {
    let run_id = body.run_id.as_deref().map(run_id_of).transpose()?;
    let request = PreviewRequest { pipeline: body.pipeline, step: body.step, run_id };
    Ok(Json(app.preview(project_id_of(&project_id)?, request).await?))
}
