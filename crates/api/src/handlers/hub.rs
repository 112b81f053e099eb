//! The hub of models: where it is, its token, and what it holds.

use axum::Json;
use axum::extract::State;
use brickwork_app::{App, HubRepository, HubSearchView, HubSettings, HubTokenRequest, HubView, read_request};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::extract::{AnyBody, Body, Query, require_object};
use crate::handlers::Answer;
use crate::openapi::responses::{BadGateway, Conflict, NotFound};

/// The hub
///
/// Its address, where its token comes from, and the limits of downloads. The token itself is given by no route.
#[utoipa::path(get, path = "/hub", tag = "models",
    responses((status = 200, description = "The hub as it is asked now.", body = HubView)))]
pub(crate) async fn get_hub(State(app): State<App>) -> Answer<HubView> {
    Ok(Json(app.hub().await?))
}

/// Change the hub
///
/// The body replaces all its settings; what it leaves out has its default.
#[utoipa::path(put, path = "/hub", tag = "models", request_body = HubSettings,
    responses((status = 200, description = "The hub as it is asked now.", body = HubView)))]
pub(crate) async fn put_hub(State(app): State<App>, AnyBody(body): AnyBody) -> Answer<HubView> {
    require_object(Some(&body), "$")?;
    let settings: HubSettings = read_request(&body)?;
    Ok(Json(app.set_hub(settings).await?))
}

/// Keep the hub's token
///
/// In the keyring of this system, or in memory where there is none. No route gives it back.
#[utoipa::path(put, path = "/hub/token", tag = "models", request_body = HubTokenRequest,
    responses((status = 200, description = "The hub as it is asked now.", body = HubView)))]
pub(crate) async fn set_hub_token(State(app): State<App>, Body(request): Body<HubTokenRequest>) -> Answer<HubView> {
    Ok(Json(app.set_hub_token(request).await?))
}

/// Forget the hub's token
///
/// One that the program's environment names stays.
#[utoipa::path(delete, path = "/hub/token", tag = "models",
    responses((status = 200, description = "The hub as it is asked now.", body = HubView)))]
pub(crate) async fn remove_hub_token(State(app): State<App>) -> Answer<HubView> {
    Ok(Json(app.remove_hub_token().await?))
}

/// What to search for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct HubSearchQuery {
    /// Words of the repository's name.
    #[param(min_length = 1, max_length = 200)]
    q: String,
    /// The most repositories to list; 20 when absent.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u16>,
}

/// Search the hub
///
/// For repositories with GGUF files. This asks the hub over the network.
#[utoipa::path(get, path = "/hub/search", tag = "models", params(HubSearchQuery),
    responses((status = 200, description = "What was found.", body = HubSearchView), NotFound, Conflict, BadGateway))]
pub(crate) async fn search_hub(State(app): State<App>, Query(query): Query<HubSearchQuery>) -> Answer<HubSearchView> {
    Ok(Json(app.search_hub(&query.q, query.limit).await?))
}

/// Which repository.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct HubRepositoryQuery {
    /// Its name, `OWNER/NAME`.
    repository: String,
    /// A branch, a tag or a commit; `main` when absent.
    revision: Option<String>,
}

/// What a repository of the hub holds
///
/// Its files with sizes and checksums, grouped into models. This asks the hub over the network.
#[utoipa::path(get, path = "/hub/repository", tag = "models", params(HubRepositoryQuery),
    responses((status = 200, description = "What it holds.", body = HubRepository), NotFound, Conflict, BadGateway))]
pub(crate) async fn get_hub_repository(
    State(app): State<App>,
    Query(query): Query<HubRepositoryQuery>,
) -> Answer<HubRepository> {
    Ok(Json(app.hub_repository(&query.repository, query.revision.as_deref()).await?))
}
