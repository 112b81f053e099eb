//! The layer between a socket and the router: who may ask, and what the answers' headers say.
//!
//! The window's own calls come without a socket and have no guard. The order is fixed: host, origin, token, content type,
//! size. Nothing of a body is read before the first four have let the request in. There are no CORS headers: pages of
//! other sites get nothing.

pub(crate) mod authority;
mod body;
mod judge;
pub(crate) mod refusal;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use futures::StreamExt;
use tokio_util::sync::CancellationToken;

use self::authority::AllowedHost;
use self::judge::HostRule;
use self::refusal::{Refusal, is_openai};
use crate::BASE;
use crate::sign_in::{self, SignIn};
use crate::token::Token;
use crate::ui_files::UiFiles;

/// What the guard knows of a request's connection. The listener puts it into every request.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    /// The listener's side.
    pub(crate) local: SocketAddr,
    /// Whether a body was left unread, so that the connection must be closed with care.
    pub(crate) left_unread: Arc<AtomicBool>,
}

/// The rules and the state of one listener's guard.
pub(crate) struct Guard {
    pub(crate) token: RwLock<Option<Token>>,
    pub(crate) allowed_hosts: Vec<AllowedHost>,
    pub(crate) sign_in: SignIn,
    pub(crate) ui: Option<UiFiles>,
    pub(crate) body_read: Duration,
    /// Ends the event streams of runs, which would otherwise go on for as long as their runs.
    pub(crate) stopping: CancellationToken,
}

impl Guard {
    pub(crate) fn token(&self) -> Option<Token> {
        self.token.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces the token. Browsers that signed in with another one must sign in again.
    pub(crate) fn set_token(&self, token: Option<Token>) {
        let mut kept = self.token.write().unwrap_or_else(PoisonError::into_inner);
        if *kept != token {
            *kept = token;
            self.sign_in.forget();
        }
    }

    /// Judges the head. Gives the answer of the sign-in route, which alone needs no token, when it was asked for.
    fn admit(&self, request: &Request, connection: &Connection) -> Result<Option<Response>, Refusal> {
        let headers = request.headers();
        let rule = HostRule { local: connection.local, allowed: &self.allowed_hosts };
        judge::host(headers, request.uri(), rule)?;
        judge::origin(headers, rule)?;
        if let Some(token) = self.token() {
            let may_pass = judge::bears(headers, &token) || self.sign_in.has_session(headers);
            if request.uri().path() == sign_in::PATH
                && let Some(answer) = self.answer_sign_in(request, may_pass)
            {
                return Ok(Some(answer));
            }
            if !may_pass {
                return Err(Refusal::Token);
            }
        }
        judge::content_type(headers)?;
        Ok(None)
    }

    fn answer_sign_in(&self, request: &Request, may_pass: bool) -> Option<Response> {
        let url = asked_url(request.headers());
        match *request.method() {
            Method::GET => Some(self.sign_in.redeem(request.uri().query(), &url, may_pass)),
            Method::POST if may_pass => Some(self.sign_in.new_link(&url)),
            _ => None,
        }
    }

    /// Ends an event stream of a run when the listener stops. Answers of a model are left to end by themselves.
    fn end_with_listener(&self, path: &str, response: Response) -> Response {
        let content_type = response.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
        if is_openai(path) || !content_type.is_some_and(|value| value.starts_with(b"text/event-stream")) {
            return response;
        }
        let stopping = self.stopping.clone().cancelled_owned();
        response.map(|body| Body::from_stream(body.into_data_stream().take_until(Box::pin(stopping))))
    }
}

/// Lets a request in, or answers in the router's place.
pub(crate) async fn pass(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let method = request.method().clone();
    // The query is left out of the log: a sign-in code may stand in it.
    let path = request.uri().path().to_owned();
    let mut response = guard.end_with_listener(&path, answer(&guard, request, next).await);
    set_headers(&path, response.headers_mut());
    tracing::debug!(%method, path, status = response.status().as_u16(), elapsed = ?begun.elapsed(), "answered");
    response
}

async fn answer(guard: &Guard, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let Some(connection) = request.extensions().get::<Connection>().cloned() else {
        // A request without its connection cannot be judged.
        return Refusal::Host.into_response(&path);
    };
    let has_body = judge::has_body(request.headers());
    let url = asked_url(request.headers());
    let refuse = |refusal: Refusal| {
        connection.left_unread.fetch_or(has_body, Ordering::Relaxed);
        match refusal {
            Refusal::Token if guard.ui.is_some() && path == "/" => sign_in::needed_page(&url),
            _ => refusal.into_response(&path),
        }
    };
    match guard.admit(&request, &connection) {
        Err(refusal) => return refuse(refusal),
        Ok(Some(answered)) => {
            connection.left_unread.fetch_or(has_body, Ordering::Relaxed);
            return answered;
        }
        Ok(None) => {}
    }
    let request = match body::read(request, guard.body_read).await {
        Ok(request) => request,
        Err(refusal) => return refuse(refusal),
    };
    if let Some(file) = guard.ui.as_ref().and_then(|ui| ui.answer(&request)) {
        return file;
    }
    next.run(request).await
}

/// The address under which a client that was let in reached the listener.
fn asked_url(headers: &HeaderMap) -> String {
    format!("http://{}", judge::only(headers, &header::HOST).unwrap_or_default())
}

fn set_headers(path: &str, headers: &mut HeaderMap) {
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    let is_api = path.starts_with(BASE) || is_openai(path);
    if is_api || !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}
