//! The listener, as a thing that can be looked at and switched.

use axum::extract::State;
use axum::{Extension, Json};
use brickwork_app::{App, ServerSettings};

use crate::extract::Body;
use crate::handlers::Answer;
use crate::openapi::responses::Conflict;
use crate::problem::Problem;
use crate::server::{ServerState, ServerSwitch, ServerView, SwitchError};

/// The server
///
/// Whether the program listens on a port of this machine, where, and whether that can be switched here.
#[utoipa::path(get, path = "/server", tag = "program",
    responses((status = 200, description = "What it does at the moment.", body = ServerView)))]
pub(crate) async fn get_server(State(app): State<App>, switch: Option<Extension<ServerSwitch>>) -> Answer<ServerView> {
    if let Some(Extension(switch)) = switch {
        return Ok(Json(switch.view().await));
    }
    // A router without a switch belongs to a program that never listens.
    let ServerSettings { enabled, port, token_file } = app.server_settings().await?;
    Ok(Json(ServerView {
        enabled,
        port,
        token_file,
        state: ServerState::Off,
        url: None,
        error: None,
        next_free_port: None,
        can_switch: false,
    }))
}

/// Switch the server
///
/// What is asked for is started first: when it cannot, everything stays as it was. A port that is taken is refused with
/// the code `port_taken` and a port that is free.
#[utoipa::path(put, path = "/server", tag = "program", request_body = ServerSettings,
    responses((status = 200, description = "What it does now.", body = ServerView), Conflict))]
pub(crate) async fn put_server(
    switch: Option<Extension<ServerSwitch>>,
    Body(settings): Body<ServerSettings>,
) -> Answer<ServerView> {
    let Some(Extension(switch)) = switch else { return Err(Problem::from(SwitchError::Fixed)) };
    Ok(Json(switch.switch(settings).await?))
}
