//! Whether models fit into memory.

use axum::Json;
use axum::extract::State;
use brickwork_app::{App, FitRequest, FitView};

use crate::extract::Body;
use crate::handlers::Answer;
use crate::openapi::responses::{Invalid, NotFound};

/// Look at what a model or a pipeline takes of memory
///
/// Weights, keys and values of the context, and what computing takes, for one model or for all models of a pipeline with
/// the order in which they are loaded and freed. What does not fit comes with what would. Nothing is loaded.
#[utoipa::path(post, path = "/fit", tag = "models", request_body = FitRequest,
    responses((status = 200, description = "What is needed and what there is.", body = FitView), NotFound, Invalid))]
pub(crate) async fn fit_models(State(app): State<App>, Body(body): Body<FitRequest>) -> Answer<FitView> {
    Ok(Json(app.fit(body).await?))
}
