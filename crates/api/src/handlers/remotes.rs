//! Servers that run models: what they have, and their keys.

use axum::Json;
use axum::extract::State;
use brickwork_app::{App, RemoteCheckRequest, RemoteCheckView, RemoteKeyRequest, RemoteKeyView};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::extract::{Body, Query};
use crate::handlers::Answer;
use crate::openapi::responses::{Invalid, NotFound};

/// Ask a server which models it has
///
/// It is asked for its list of models alone, with the key of the request or the one that is kept for it. That it cannot be
/// reached or refuses is part of the answer.
#[utoipa::path(post, path = "/remotes/check", tag = "models", request_body = RemoteCheckRequest,
    responses((status = 200, description = "What it answered.", body = RemoteCheckView)))]
pub(crate) async fn check_remote(
    State(app): State<App>,
    Body(request): Body<RemoteCheckRequest>,
) -> Answer<RemoteCheckView> {
    Ok(Json(app.check_remote(request).await?))
}

/// Keep a server's key
///
/// In the keyring of this system, or in memory where there is none. No route gives it back.
#[utoipa::path(put, path = "/remotes/key", tag = "models", request_body = RemoteKeyRequest,
    responses((status = 200, description = "Where it is kept.", body = RemoteKeyView)))]
pub(crate) async fn set_remote_key(
    State(app): State<App>,
    Body(request): Body<RemoteKeyRequest>,
) -> Answer<RemoteKeyView> {
    Ok(Json(app.set_remote_key(request).await?))
}

/// Which server.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct RemoteQuery {
    /// The base address of the server's interface.
    base_url: String,
}

/// Forget a server's key
#[utoipa::path(delete, path = "/remotes/key", tag = "models", params(RemoteQuery),
    responses((status = 200, description = "It is gone.", body = RemoteKeyView), NotFound, Invalid))]
pub(crate) async fn remove_remote_key(
    State(app): State<App>,
    Query(query): Query<RemoteQuery>,
) -> Answer<RemoteKeyView> {
    Ok(Json(app.remove_remote_key(&query.base_url).await?))
}
