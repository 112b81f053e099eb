//! The UI's requests to the router, without a socket.
//!
//! A response goes back in frames over a channel: its head, then its body as text in pieces as they come, then its end.
//! Pieces are gathered for a moment, since many small messages would slow the window down.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use tauri::State;
use tauri::ipc::Channel;
use tokio::sync::oneshot;
use tower::ServiceExt;

/// Text that comes within this time goes into one message.
const GATHER: Duration = Duration::from_millis(16);

/// A message holds at most about this many bytes of text.
const MESSAGE_BYTES: usize = 8 * 1024;

/// A request of the UI.
#[derive(Debug, Deserialize)]
pub(crate) struct ApiRequest {
    /// Chosen by the UI, to abort the request by.
    id: String,
    method: String,
    /// Path and query.
    path: String,
    #[serde(default)]
    headers: HashMap<String, String>,
    body: Option<String>,
}

/// A part of a response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(crate) enum Frame {
    /// Status and headers.
    Head { status: u16, headers: HashMap<String, String> },
    /// A piece of the body.
    Data { text: String },
    /// The body is complete.
    End,
    /// The body broke off.
    Error { message: String },
}

/// The router, and the requests under way.
pub(crate) struct Bridge {
    router: Router,
    under_way: Mutex<HashMap<String, oneshot::Sender<()>>>,
}

impl Bridge {
    pub(crate) fn new(router: Router) -> Self {
        Self { router, under_way: Mutex::default() }
    }

    pub(crate) fn router(&self) -> Router {
        self.router.clone()
    }

    fn abort(&self, id: &str) -> Option<oneshot::Sender<()>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner).remove(id)
    }
}

/// Sends a request to the router and its response to `on_frame`.
#[tauri::command]
pub(crate) async fn api_request(
    bridge: State<'_, Bridge>,
    request: ApiRequest,
    on_frame: Channel<Frame>,
) -> Result<(), String> {
    let id = request.id.clone();
    let (abort, aborted) = oneshot::channel();
    bridge.under_way.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), abort);
    let router = bridge.router.clone();
    let answer = async move {
        let request = into_http(request)?;
        let Ok(response) = router.oneshot(request).await;
        send_response(response, &on_frame).await;
        Ok(())
    };
    let result = tokio::select! {
        result = answer => result,
        _ = aborted => Ok(()),
    };
    drop(bridge.abort(&id));
    result
}

/// Stops sending a response. What the request started goes on: this only detaches.
#[tauri::command]
pub(crate) fn api_abort(bridge: State<'_, Bridge>, id: String) {
    // Dropping the sender ends the request as well; one that has ended already needs nothing.
    drop(bridge.abort(&id));
}

fn into_http(request: ApiRequest) -> Result<Request<Body>, String> {
    let mut builder = Request::builder().method(request.method.as_str()).uri(&request.path);
    for (name, value) in &request.headers {
        builder = builder.header(name, value);
    }
    builder
        .body(request.body.map_or_else(Body::empty, Body::from))
        .map_err(|error| format!("The request to {} is malformed: {error}.", request.path))
}

async fn send_response(response: Response<Body>, on_frame: &Channel<Frame>) {
    // A window that was closed or reloaded no longer listens; then there is nobody to tell.
    let send = |frame| on_frame.send(frame).is_ok();
    let headers = response
        .headers()
        .iter()
        .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
        .collect();
    if !send(Frame::Head { status: response.status().as_u16(), headers }) {
        return;
    }
    let mut body = response.into_body().into_data_stream();
    let mut bytes = Vec::new();
    loop {
        let piece = if bytes.is_empty() {
            body.next().await
        } else {
            match tokio::time::timeout(GATHER, body.next()).await {
                Ok(piece) => piece,
                Err(_) => {
                    if !send_text(&mut bytes, &send) {
                        return;
                    }
                    // What is left is the beginning of a character: wait for the rest of it.
                    if bytes.is_empty() { continue } else { body.next().await }
                }
            }
        };
        match piece {
            Some(Ok(piece)) => {
                bytes.extend_from_slice(&piece);
                if bytes.len() >= MESSAGE_BYTES && !send_text(&mut bytes, &send) {
                    return;
                }
            }
            Some(Err(error)) => {
                send(Frame::Error { message: error.to_string() });
                return;
            }
            None => break,
        }
    }
    if send_text(&mut bytes, &send) {
        send(Frame::End);
    }
}

/// Sends the whole characters in `bytes` in messages of a limited size, and leaves the beginning of a cut one.
fn send_text(bytes: &mut Vec<u8>, send: &impl Fn(Frame) -> bool) -> bool {
    let whole = match std::str::from_utf8(bytes) {
        Ok(text) => text.len(),
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        Err(_) => {
            let text = String::from_utf8_lossy(bytes).into_owned();
            bytes.clear();
            return send(Frame::Data { text });
        }
    };
    let rest = bytes.split_off(whole);
    let text = String::from_utf8(std::mem::replace(bytes, rest)).unwrap_or_default();
    let mut left = text.as_str();
    while !left.is_empty() {
        let mut end = left.len().min(MESSAGE_BYTES);
        while !left.is_char_boundary(end) {
            end -= 1;
        }
        if !send(Frame::Data { text: left[..end].to_owned() }) {
            return false;
        }
        left = &left[end..];
    }
    true
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn a_cut_character_waits_for_its_rest() {
        let sent = RefCell::new(String::new());
        let send = |frame| {
            if let Frame::Data { text } = frame {
                sent.borrow_mut().push_str(&text);
            }
            true
        };
        let mut bytes = Vec::new();
        for byte in "añ😀z".bytes() {
            bytes.push(byte);
            assert!(send_text(&mut bytes, &send));
        }
        assert_eq!(*sent.borrow(), "añ😀z");
        assert!(bytes.is_empty());
    }

    #[test]
    fn long_text_goes_in_small_messages() {
        let sizes = RefCell::new(Vec::new());
        let send = |frame| {
            if let Frame::Data { text } = frame {
                sizes.borrow_mut().push(text.len());
            }
            true
        };
        assert!(send_text(&mut "é".repeat(MESSAGE_BYTES).into_bytes(), &send));
        assert_eq!(sizes.borrow().iter().sum::<usize>(), 2 * MESSAGE_BYTES);
        assert!(sizes.borrow().iter().all(|size| *size <= MESSAGE_BYTES));
    }
}
