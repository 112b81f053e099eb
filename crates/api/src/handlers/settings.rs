//! The user's settings.

use axum::Json;
use axum::extract::State;
use brickwork_app::{App, Settings, read_request};

use crate::extract::{AnyBody, require_object};
use crate::handlers::Answer;

/// The settings
#[utoipa::path(get, path = "/settings", tag = "program",
    responses((status = 200, description = "The settings, or their defaults.", body = Settings)))]
pub(crate) async fn get_settings(State(app): State<App>) -> Answer<Settings> {
    Ok(Json(app.settings().await?))
}

/// Change the settings
///
/// The body replaces them all; what it leaves out has its default.
#[utoipa::path(put, path = "/settings", tag = "program", request_body = Settings,
    responses((status = 200, description = "The settings as they are now.", body = Settings)))]
pub(crate) async fn put_settings(State(app): State<App>, AnyBody(body): AnyBody) -> Answer<Settings> {
    require_object(Some(&body), "$")?;
    require_object(body.get("retention"), "$.retention")?;
    let settings: Settings = read_request(&body)?;
    Ok(Json(app.set_settings(settings).await?))
}
