//! The catalog, and what is known of one model file.

use axum::Json;
use axum::extract::State;
use brickwork_app::{App, CatalogView, ModelFileDetail};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::extract::Query;
use crate::handlers::Answer;
use crate::openapi::responses::{Invalid, NotFound};

/// The models that are known by name
///
/// What can be had for each role and each kind of computer, with sizes, licences and memory needs, and whether it is here
/// already. The user's own entries, from `catalog.json` in the data folder, come last.
#[utoipa::path(get, path = "/catalog", tag = "models",
    responses((status = 200, description = "The catalog.", body = CatalogView)))]
pub(crate) async fn get_catalog(State(app): State<App>) -> Answer<CatalogView> {
    Ok(Json(app.catalog().await?))
}

/// Which model file to describe.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ModelFileQuery {
    /// The model's id.
    id: String,
}

/// Describe a model file
///
/// Everything that its header says: sizes, layers, tokenizer, licence, and the chat template up to 64 KiB.
#[utoipa::path(get, path = "/model-files", tag = "models", params(ModelFileQuery),
    responses((status = 200, description = "What is known of the file.", body = ModelFileDetail), NotFound, Invalid))]
pub(crate) async fn get_model_file(
    State(app): State<App>,
    Query(ModelFileQuery { id }): Query<ModelFileQuery>,
) -> Answer<ModelFileDetail> {
    Ok(Json(app.model_file(&id).await?))
}
