//! The listener over real sockets of this machine.

mod guard;
mod lifecycle;
mod load;
mod sign_in;
mod switch;

use std::borrow::Cow;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::Sse;
use axum::response::sse::Event;
use axum::routing::{get, post};
use brickwork_api::{EventSlot, EventSlots, ListenOptions, Listener, Token, UiFile, UiFiles};
use futures::{Stream, StreamExt, stream};

pub(crate) const TOKEN: &str = "0123456789abcdef";
const BEARER: (&str, &str) = ("Authorization", "Bearer 0123456789abcdef");

/// At any free port, without a token.
fn options() -> ListenOptions {
    ListenOptions { port: 0, ..ListenOptions::default() }
}

fn with_token() -> ListenOptions {
    ListenOptions { token: Some(Token::parse(TOKEN, "the test").unwrap()), ui: Some(ui()), ..options() }
}

fn ui() -> UiFiles {
    UiFiles::new(|path| {
        let (mime, bytes): (_, &[u8]) = match path {
            "index.html" => ("text/html; charset=utf-8", b"<p>the page</p>"),
            "assets/index-abc.js" => ("text/javascript; charset=utf-8", b"1"),
            _ => return None,
        };
        Some(UiFile { mime, bytes: Cow::Borrowed(bytes), etag: "abc".into() })
    })
}

/// Routes whose time can be told: real ones depend on what the machine does.
fn own_router() -> Router {
    Router::new()
        .route("/quick", get(|| async { "quick" }))
        .route("/slow", get(slow))
        .route("/never", get(std::future::pending::<&'static str>))
        .route("/size", post(|body: axum::body::Bytes| async move { body.len().to_string() }))
        .route("/events", get(events))
        .layer(axum::Extension(EventSlots::default()))
        .layer(DefaultBodyLimit::disable())
}

async fn slow() -> &'static str {
    tokio::time::sleep(Duration::from_millis(300)).await;
    "slow"
}

/// One event at once, and then nothing more.
async fn events(slot: EventSlot) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let first = stream::iter([Ok(Event::default().data("first"))]);
    Sse::new(first.chain(stream::pending()).inspect(move |_| {
        let _ = &slot;
    }))
}

async fn start(router: Router, options: ListenOptions) -> (Listener, SocketAddr) {
    let listener = Listener::start(router, options).await.unwrap();
    let address = listener.local_addr();
    (listener, address)
}
