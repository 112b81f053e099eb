//! Roles, model files, and which serves which.

use axum::Json;
use axum::extract::State;
use brickwork_app::{App, ModelsView};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::extract::{Body, Path};
use crate::handlers::Answer;
use crate::openapi::responses::{Invalid, NotFound};

/// The roles and the model files
///
/// Each role with what serves it, and every model file in the models folder, also those that cannot be used.
#[utoipa::path(get, path = "/models", tag = "models",
    responses((status = 200, description = "The four roles, and the files on disk.", body = ModelsView)))]
pub(crate) async fn list_models(State(app): State<App>) -> Answer<ModelsView> {
    Ok(Json(app.models().await?))
}

/// Which model is to serve a role.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BindingRequest {
    /// A model file's id or path; `default` for the default model, `scripted` for the placeholder.
    id: String,
}

/// Let a model serve a role
///
/// A model that cannot run is refused, and the binding stays as it was.
#[utoipa::path(put, path = "/models/{role}/binding", tag = "models",
    params(("role" = String, Path, description = "CodeLlama, CodeGemma, T5Gemma or Assembler.")),
    request_body = BindingRequest,
    responses((status = 200, description = "The roles as they are now.", body = ModelsView), NotFound, Invalid))]
pub(crate) async fn bind_model(
    State(app): State<App>,
    Path(role): Path<String>,
    Body(body): Body<BindingRequest>,
) -> Answer<ModelsView> {
    Ok(Json(app.bind(&role, &body.id).await?))
}
