//! Switching the listener while the program runs.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use brickwork_api::{BASE, ListenError, ServerState, ServerSwitch, SwitchError};
use brickwork_app::{App, AppConfig, ServerSettings};
use tempfile::TempDir;

use super::{TOKEN, options, own_router, start};
use crate::socket::send;

async fn app() -> (App, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (App::open(AppConfig::new(folder.path().join("data"))).await.unwrap(), folder)
}

/// A port that was free a moment ago.
async fn free_port() -> u16 {
    let (listener, address) = start(own_router(), options()).await;
    listener.stop(Duration::from_secs(1)).await;
    address.port()
}

fn at(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

fn on(port: u16) -> ServerSettings {
    ServerSettings { enabled: true, port, token_file: None }
}

async fn health(port: u16, headers: &[(&str, &str)]) -> u16 {
    send(at(port), "GET", &format!("{BASE}/health"), headers, "").await.status
}

#[tokio::test]
async fn switching_on_off_and_to_another_port() {
    let (app, folder) = app().await;
    let switch = ServerSwitch::new(app.clone());
    let view = switch.start_from_settings().await.unwrap();
    assert_eq!((view.state, view.enabled, view.can_switch), (ServerState::Off, false, true));
    let port = free_port().await;
    let view = switch.switch(on(port)).await.unwrap();
    assert_eq!(view.state, ServerState::Listening);
    assert_eq!(view.url.as_deref(), Some(format!("http://127.0.0.1:{port}").as_str()));
    assert_eq!(health(port, &[]).await, 200);
    assert_eq!(app.server_settings().await.unwrap(), on(port), "the settings are kept");

    let other = free_port().await;
    switch.switch(on(other)).await.unwrap();
    assert_eq!(health(other, &[]).await, 200);

    let token_file = folder.path().join("token");
    std::fs::write(&token_file, TOKEN).unwrap();
    #[cfg(unix)]
    std::fs::set_permissions(&token_file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let with_token = ServerSettings { token_file: Some(token_file.display().to_string()), ..on(other) };
    switch.switch(with_token).await.unwrap();
    assert_eq!(health(other, &[]).await, 401, "the token holds at the port that was ours already");
    assert_eq!(health(other, &[("Authorization", &format!("Bearer {TOKEN}"))]).await, 200);
    assert!(switch.sign_in_link().await.unwrap().is_some());

    let view = switch.switch(ServerSettings { enabled: false, ..on(other) }).await.unwrap();
    assert_eq!((view.state, view.url), (ServerState::Off, None));
    switch.stop(Duration::from_secs(5)).await;
    assert!(tokio::net::TcpStream::connect(at(other)).await.is_err());
    app.shutdown().await;
}

#[tokio::test]
async fn a_taken_port_changes_nothing() {
    let (app, _folder) = app().await;
    let (_taken, address) = start(own_router(), options()).await;
    let switch = ServerSwitch::new(app.clone());
    let port = free_port().await;
    switch.switch(on(port)).await.unwrap();
    let refused = switch.switch(on(address.port())).await;
    assert!(matches!(refused, Err(SwitchError::Listen(ListenError::PortTaken { next_free: Some(_), .. }))));
    assert_eq!(health(port, &[]).await, 200, "the listener goes on");
    assert_eq!(app.server_settings().await.unwrap(), on(port));
    let missing = ServerSettings { token_file: Some("/no/such/folder/token".into()), ..on(port) };
    assert!(matches!(switch.switch(missing).await, Err(SwitchError::Listen(ListenError::Token(_)))));
    assert_eq!(health(port, &[]).await, 200);
    assert!(matches!(switch.switch(on(0)).await, Err(SwitchError::NoPort)));
    switch.stop(Duration::from_secs(5)).await;
    app.shutdown().await;
}

#[tokio::test]
async fn a_start_that_fails_is_shown() {
    let (app, _folder) = app().await;
    let (taken, address) = start(own_router(), options()).await;
    let port = address.port();
    app.set_server_settings(on(port)).await.unwrap();
    let switch = ServerSwitch::new(app.clone());
    let view = switch.start_from_settings().await.unwrap();
    assert_eq!((view.state, view.enabled, view.port), (ServerState::Failed, true, port));
    assert!(view.error.unwrap().contains(&view.next_free_port.unwrap().to_string()));
    taken.stop(Duration::from_secs(5)).await;
    assert_eq!(switch.switch(on(port)).await.unwrap().state, ServerState::Listening);
    switch.stop(Duration::from_secs(5)).await;
    app.shutdown().await;
}

#[tokio::test]
async fn a_server_of_the_command_line_cannot_be_switched() {
    let (app, _folder) = app().await;
    let switch = ServerSwitch::serve(app.clone(), options(), None).await.unwrap();
    let view = switch.view().await;
    assert_eq!((view.state, view.can_switch), (ServerState::Listening, false));
    assert!(matches!(switch.switch(on(view.port)).await, Err(SwitchError::Fixed)));
    assert_eq!(health(view.port, &[]).await, 200);
    switch.stop(Duration::from_secs(5)).await;
    app.shutdown().await;
}

#[tokio::test]
async fn the_route_shows_and_switches_the_listener_that_answers_it() {
    let (app, _folder) = app().await;
    let switch = ServerSwitch::new(app.clone());
    let port = free_port().await;
    switch.switch(on(port)).await.unwrap();
    let path = format!("{BASE}/server");
    let put = async |body: &ServerSettings| {
        let body = serde_json::to_string(body).unwrap();
        send(at(port), "PUT", &path, &[("Content-Type", "application/json")], &body).await
    };
    let view = send(at(port), "GET", &path, &[], "").await.json();
    assert_eq!((&view["state"], &view["can_switch"]), (&"listening".into(), &true.into()));
    let (_taken, address) = start(own_router(), options()).await;
    let refused = put(&on(address.port())).await;
    assert_eq!(refused.status, 409);
    assert_eq!(refused.json()["code"], "port_taken");
    assert!(refused.json()["next_free_port"].as_u64().unwrap() > u64::from(address.port()));
    let off = put(&ServerSettings { enabled: false, ..on(port) }).await;
    assert_eq!((off.status, &off.json()["state"]), (200, &"off".into()), "the request is answered before it closes");
    switch.stop(Duration::from_secs(5)).await;
    assert!(tokio::net::TcpStream::connect(at(port)).await.is_err());
    app.shutdown().await;
}
