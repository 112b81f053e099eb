//! Roles, model files, and which serves which.

use axum::Json;
use axum::extract::State;
use brickwork_app::{App, BindingRequest, ModelsView, RoleOptions};

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

/// Let a model serve a role
///
/// Either `id` or `remote`. A model file that cannot run is refused, and the binding stays as it was. A server is not asked:
/// `POST /remotes/check` does that.
#[utoipa::path(put, path = "/models/{role}/binding", tag = "models",
    params(("role" = String, Path, description = "CodeLlama, CodeGemma, T5Gemma or Assembler.")),
    request_body = BindingRequest,
    responses((status = 200, description = "The roles as they are now.", body = ModelsView), NotFound, Invalid))]
pub(crate) async fn bind_model(
    State(app): State<App>,
    Path(role): Path<String>,
    Body(body): Body<BindingRequest>,
) -> Answer<ModelsView> {
    Ok(Json(app.bind_to(&role, body).await?))
}

/// Choose how a role's model is computed
///
/// The body replaces the role's options; what it leaves out is chosen by the program. They hold from the next run on.
#[utoipa::path(put, path = "/models/{role}/options", tag = "models",
    params(("role" = String, Path, description = "CodeLlama, CodeGemma, T5Gemma or Assembler.")),
    request_body = RoleOptions,
    responses((status = 200, description = "The roles as they are now.", body = ModelsView), NotFound, Invalid))]
pub(crate) async fn set_model_options(
    State(app): State<App>,
    Path(role): Path<String>,
    Body(body): Body<RoleOptions>,
) -> Answer<ModelsView> {
    Ok(Json(app.set_role_options(&role, body).await?))
}
