//! The model files of this machine: those of other programs, imports, checks, removal, names, and room on the disk.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use brickwork_app::{
    App, FoundModelsView, ModelImportRequest, ModelRelocateRequest, ModelRenameRequest, ModelVerifyRequest,
    ModelsUsageView, ModelsView, TransferView,
};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::extract::{Body, Query};
use crate::handlers::Answer;
use crate::openapi::responses::{Conflict, Invalid, NotFound};
use crate::problem::Problem;

/// The answer to a request whose work goes on: the transfer.
type Accepted = Result<(StatusCode, Json<TransferView>), Problem>;

/// The models that other programs hold
///
/// Ollama's, LM Studio's, Jan's and those of the Hugging Face cache, with what their headers say. Nothing is changed there.
#[utoipa::path(get, path = "/model-files/found", tag = "models",
    responses((status = 200, description = "The models, and what could not be read.", body = FoundModelsView)))]
pub(crate) async fn list_found_models(State(app): State<App>) -> Answer<FoundModelsView> {
    Ok(Json(app.found_models().await?))
}

/// Take a model of this machine into the list
///
/// A file, or a folder with all its models: used where it lies, copied, or moved. Headers are read first and nothing is
/// overwritten. The transfer tells how far it is.
#[utoipa::path(post, path = "/model-files/import", tag = "models", request_body = ModelImportRequest,
    responses((status = 202, description = "The transfer.", body = TransferView), Conflict, Invalid))]
pub(crate) async fn import_model_file(State(app): State<App>, Body(request): Body<ModelImportRequest>) -> Accepted {
    let work = app.import_model(request).await?;
    Ok((StatusCode::ACCEPTED, Json(work.transfer)))
}

/// Compare a model with its checksum
///
/// With what the hub gave, the catalog, or what was recorded before; without any of these its checksum is recorded. A
/// model that is another one than expected is not used from then on, unless the change is accepted.
#[utoipa::path(post, path = "/model-files/verify", tag = "models", request_body = ModelVerifyRequest,
    responses((status = 202, description = "The transfer.", body = TransferView), NotFound, Invalid))]
pub(crate) async fn verify_model_file(State(app): State<App>, Body(request): Body<ModelVerifyRequest>) -> Accepted {
    let work = app.verify_model(request).await?;
    Ok((StatusCode::ACCEPTED, Json(work.transfer)))
}

/// Which model to remove.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct RemovalQuery {
    /// The model's id.
    id: String,
    /// Whether it goes even when a role or a run needs it.
    #[serde(default)]
    force: bool,
}

/// Remove a model
///
/// Its files, or only its entry where it is used in place. One that a role or a run needs stays unless `force` is set.
#[utoipa::path(delete, path = "/model-files", tag = "models", params(RemovalQuery),
    responses((status = 200, description = "The roles and models as they are now.", body = ModelsView), NotFound, Conflict))]
pub(crate) async fn remove_model_file(
    State(app): State<App>,
    Query(RemovalQuery { id, force }): Query<RemovalQuery>,
) -> Answer<ModelsView> {
    Ok(Json(app.remove_model(&id, force).await?))
}

/// Give a model another id
///
/// Its files are renamed, and roles that it serves keep it.
#[utoipa::path(post, path = "/model-files/rename", tag = "models", request_body = ModelRenameRequest,
    responses((status = 200, description = "The roles and models as they are now.", body = ModelsView), NotFound, Conflict, Invalid))]
pub(crate) async fn rename_model_file(
    State(app): State<App>,
    Body(request): Body<ModelRenameRequest>,
) -> Answer<ModelsView> {
    Ok(Json(app.rename_model(request).await?))
}

/// Move a model to another folder, or back into the models folder
///
/// Its files are compared with their checksums on the way, and used from the new place. It keeps its id and its roles. The
/// transfer tells how far it is.
#[utoipa::path(post, path = "/model-files/relocate", tag = "models", request_body = ModelRelocateRequest,
    responses((status = 202, description = "The transfer.", body = TransferView), NotFound, Conflict, Invalid))]
pub(crate) async fn relocate_model_file(State(app): State<App>, Body(request): Body<ModelRelocateRequest>) -> Accepted {
    let work = app.relocate_model(request).await?;
    Ok((StatusCode::ACCEPTED, Json(work.transfer)))
}

/// How much room models take
#[utoipa::path(get, path = "/model-files/usage", tag = "models",
    responses((status = 200, description = "Sizes in bytes, and how each model stands to its checksum.", body = ModelsUsageView)))]
pub(crate) async fn get_models_usage(State(app): State<App>) -> Answer<ModelsUsageView> {
    Ok(Json(app.models_usage().await?))
}
