//! The switch of the listener: on and off while the program runs, and what it does at the moment.
//!
//! The window holds one and starts the listener as the settings say. `brickwork serve` holds one that cannot be
//! switched, since there the listener is the program.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use axum::{Extension, Router};
use brickwork_app::{App, AppError, ServerSettings};
use serde::Serialize;
use tokio::sync::Mutex;
use tokio_util::task::TaskTracker;

use crate::listener::{ListenError, ListenOptions, Listener};
use crate::problem::Problem;
use crate::token::{Token, TokenError};

/// How long requests may go on when the listener is switched off or moves to another port.
const GRACE: Duration = Duration::from_secs(10);

/// What closing connections after their grace may take.
const CLOSING: Duration = Duration::from_secs(1);

/// What the listener does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ServerState {
    /// It answers.
    Listening,
    /// It is switched off.
    Off,
    /// It is switched on, but could not start.
    Failed,
}

/// The listener as clients see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ServerView {
    /// Whether it is switched on.
    pub enabled: bool,
    /// The port that it has, or would have.
    pub port: u16,
    /// The file of the token that clients must show, when there is one.
    pub token_file: Option<String>,
    /// What it does.
    pub state: ServerState,
    /// Its address, while it listens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Why it could not start, when it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// A port that is free, when the one asked for was taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_free_port: Option<u16>,
    /// Whether it can be switched here.
    pub can_switch: bool,
}

/// Why the listener was not switched.
#[derive(Debug, thiserror::Error)]
pub enum SwitchError {
    /// The program is the listener.
    #[error("This server was started on the command line. Stop it there, and start it with other options.")]
    Fixed,
    /// No client could find it.
    #[error("Port 0 is no port to be found at. Choose one from 1024 to 65535.")]
    NoPort,
    /// It would mean another file with every folder that the program is started in.
    #[error("`{0}` is no absolute path. Give the full path of the token file.")]
    RelativeTokenFile(String),
    /// It could not start with these settings.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The settings could not be read or kept.
    #[error(transparent)]
    App(#[from] AppError),
}

impl From<TokenError> for SwitchError {
    fn from(error: TokenError) -> Self {
        Self::Listen(error.into())
    }
}

impl From<SwitchError> for Problem {
    fn from(error: SwitchError) -> Self {
        let detail = error.to_string();
        match error {
            SwitchError::App(error) => error.into(),
            SwitchError::Fixed => {
                Self::new(StatusCode::CONFLICT, "conflict", "The thing's state does not allow this", detail)
            }
            SwitchError::Listen(ListenError::PortTaken { next_free, .. }) => {
                let problem = Self::new(StatusCode::CONFLICT, "port_taken", "The port is taken", detail);
                problem.with("next_free_port", next_free)
            }
            SwitchError::NoPort | SwitchError::RelativeTokenFile(_) | SwitchError::Listen(_) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "The server's settings are wrong", detail)
            }
        }
    }
}

/// The switch; clones share it.
#[derive(Clone)]
pub struct ServerSwitch {
    inner: Arc<Inner>,
}

struct Inner {
    app: App,
    can_switch: bool,
    state: Mutex<State>,
    /// Listeners that let their last requests end.
    ending: TaskTracker,
}

#[derive(Default)]
struct State {
    listener: Option<Listener>,
    /// What the running listener was started with.
    settings: ServerSettings,
    failure: Option<ListenError>,
}

impl ServerSwitch {
    /// A switch that is off.
    #[must_use]
    pub fn new(app: App) -> Self {
        Self::with(app, true)
    }

    /// Starts a listener that stays as it is until it is stopped; the settings play no part.
    ///
    /// # Errors
    /// When the address cannot be listened at, or lacks a token that it needs.
    pub async fn serve(app: App, options: ListenOptions, token_file: Option<PathBuf>) -> Result<Self, ListenError> {
        let switch = Self::with(app, false);
        let listener = Listener::start(switch.router(), options).await?;
        let port = listener.local_addr().port();
        let token_file = token_file.map(|path| path.display().to_string());
        {
            let mut state = switch.inner.state.lock().await;
            state.settings = ServerSettings { enabled: true, port, token_file };
            state.listener = Some(listener);
        }
        Ok(switch)
    }

    fn with(app: App, can_switch: bool) -> Self {
        let state = Mutex::default();
        Self { inner: Arc::new(Inner { app, can_switch, state, ending: TaskTracker::new() }) }
    }

    /// The router whose `server` routes use this switch.
    pub fn router(&self) -> Router {
        crate::router(self.inner.app.clone()).layer(Extension(self.clone()))
    }

    /// Starts the listener if the settings switch it on. A failure is kept as the state to show.
    ///
    /// # Errors
    /// When the settings cannot be read.
    pub async fn start_from_settings(&self) -> Result<ServerView, SwitchError> {
        let settings = self.inner.app.server_settings().await?;
        let mut state = self.inner.state.lock().await;
        if settings.enabled && state.listener.is_none() {
            match self.start(&settings).await {
                Ok(listener) => state.listener = Some(listener),
                Err(error) => {
                    tracing::warn!(%error, "the server was not started");
                    state.failure = Some(error);
                }
            }
        }
        state.settings = settings;
        Ok(self.view_of(&state))
    }

    /// What the listener does at the moment.
    pub async fn view(&self) -> ServerView {
        self.view_of(&*self.inner.state.lock().await)
    }

    /// Switches the listener. What is asked for is started first; only when that succeeded are the settings kept and
    /// what was before ended. After an error everything is as it was.
    ///
    /// # Errors
    /// When the listener cannot be switched here, cannot start so, or the settings cannot be kept.
    pub async fn switch(&self, settings: ServerSettings) -> Result<ServerView, SwitchError> {
        if !self.inner.can_switch {
            return Err(SwitchError::Fixed);
        }
        if settings.port == 0 {
            return Err(SwitchError::NoPort);
        }
        if let Some(path) = settings.token_file.as_ref().filter(|path| !Path::new(path).is_absolute()) {
            return Err(SwitchError::RelativeTokenFile(path.clone()));
        }
        let mut state = self.inner.state.lock().await;
        if !settings.enabled {
            self.inner.app.set_server_settings(settings.clone()).await?;
            self.end(state.listener.take());
        } else if let Some(listener) = state.listener.as_ref().filter(|_| state.settings.port == settings.port) {
            // The port is ours already; only the token can be another.
            let token = token_of(&settings)?;
            self.inner.app.set_server_settings(settings.clone()).await?;
            listener.set_token(token)?;
        } else {
            let listener = self.start(&settings).await?;
            self.inner.app.set_server_settings(settings.clone()).await?;
            self.end(state.listener.replace(listener));
        }
        state.settings = settings;
        state.failure = None;
        Ok(self.view_of(&state))
    }

    /// A new link that signs a browser in; `None` without a listener or a token.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub async fn sign_in_link(&self) -> Result<Option<String>, ListenError> {
        match &self.inner.state.lock().await.listener {
            Some(listener) => listener.sign_in_link(),
            None => Ok(None),
        }
    }

    /// Ends the listener. Requests have `grace` to end. The settings stay as they are.
    pub async fn stop(&self, grace: Duration) {
        let listener = self.inner.state.lock().await.listener.take();
        if let Some(listener) = listener {
            self.inner.ending.spawn(listener.stop(grace));
        }
        self.inner.ending.close();
        // A listener that was switched off a moment ago may have some of its own time left, and gets no more than this.
        if tokio::time::timeout(grace + CLOSING, self.inner.ending.wait()).await.is_err() {
            tracing::debug!("a listener that was switched off still has requests");
        }
    }

    async fn start(&self, settings: &ServerSettings) -> Result<Listener, ListenError> {
        let options = ListenOptions { port: settings.port, token: token_of(settings)?, ..ListenOptions::default() };
        Listener::start(self.router(), options).await
    }

    /// Lets a listener end beside what goes on, since the request that switched it may be one of its own.
    fn end(&self, listener: Option<Listener>) {
        if let Some(listener) = listener {
            self.inner.ending.spawn(listener.stop(GRACE));
        }
    }

    fn view_of(&self, state: &State) -> ServerView {
        let next_free_port = match &state.failure {
            Some(ListenError::PortTaken { next_free, .. }) => *next_free,
            _ => None,
        };
        ServerView {
            enabled: state.settings.enabled,
            port: state.settings.port,
            token_file: state.settings.token_file.clone(),
            state: match (&state.listener, &state.failure) {
                (Some(_), _) => ServerState::Listening,
                (None, Some(_)) => ServerState::Failed,
                (None, None) => ServerState::Off,
            },
            url: state.listener.as_ref().map(Listener::url),
            error: state.failure.as_ref().map(ToString::to_string),
            next_free_port,
            can_switch: self.inner.can_switch,
        }
    }
}

/// The token that settings ask for: that of their file, or else of the environment.
fn token_of(settings: &ServerSettings) -> Result<Option<Token>, TokenError> {
    match &settings.token_file {
        Some(path) => Token::from_file(Path::new(path)).map(Some),
        None => Token::from_environment(),
    }
}
