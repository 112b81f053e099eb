//! Signing a browser in: a link with a code that works once gives the browser a session cookie.
//!
//! Codes and sessions live in memory alone, as digests, and end with the listener. The token itself never reaches a
//! browser.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::token::{Token, TokenError, random_hex};

/// The route of the link.
pub(crate) const PATH: &str = "/sign-in";

/// The cookie's name.
const COOKIE: &str = "brickwork_session";

/// How long a browser keeps the cookie, also when it is closed meanwhile: 30 days. The server forgets it when it stops.
const COOKIE_SECONDS: u32 = 30 * 24 * 60 * 60;

/// How long a code may be used.
const CODE_LIFE: Duration = Duration::from_mins(10);

/// Codes that are kept at once, and sessions; the oldest goes first.
const KEPT: usize = 64;

/// The codes and sessions of one listener.
#[derive(Default)]
pub(crate) struct SignIn {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    codes: Vec<(Token, Instant)>,
    sessions: Vec<Token>,
}

impl SignIn {
    /// A new link below `url`.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub(crate) fn link(&self, url: &str) -> Result<String, TokenError> {
        let code = random_hex()?;
        let mut state = self.state();
        let now = Instant::now();
        state.codes.retain(|(_, made)| now.duration_since(*made) < CODE_LIFE);
        keep(&mut state.codes, (Token::of(&code), now));
        Ok(format!("{url}{PATH}?code={code}"))
    }

    /// Answers somebody who has the token with a new link.
    pub(crate) fn new_link(&self, url: &str) -> Response {
        match self.link(url) {
            Ok(link) => (StatusCode::CREATED, Json(json!({ "sign_in": link }))).into_response(),
            Err(error) => {
                tracing::error!(%error, "no sign-in link could be made");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }

    /// Answers a browser that follows a link. A browser that is signed in already goes on to the page.
    pub(crate) fn redeem(&self, query: Option<&str>, url: &str, signed_in: bool) -> Response {
        let code = query.into_iter().flat_map(|query| query.split('&')).find_map(|pair| pair.strip_prefix("code="));
        if code.is_some_and(|code| self.take(code)) {
            return match random_hex() {
                Ok(session) => {
                    keep(&mut self.state().sessions, Token::of(&session));
                    let cookie =
                        format!("{COOKIE}={session}; HttpOnly; SameSite=Strict; Path=/; Max-Age={COOKIE_SECONDS}");
                    (StatusCode::SEE_OTHER, [(header::SET_COOKIE, cookie), (header::LOCATION, "/".to_owned())])
                        .into_response()
                }
                Err(error) => {
                    tracing::error!(%error, "no session could be made");
                    StatusCode::INTERNAL_SERVER_ERROR.into_response()
                }
            };
        }
        if signed_in {
            return (StatusCode::SEE_OTHER, [(header::LOCATION, "/")]).into_response();
        }
        let text = "A link works once and for ten minutes.";
        page(StatusCode::FORBIDDEN, "This sign-in link no longer works", text, url)
    }

    /// Whether a request shows the cookie of a session.
    pub(crate) fn has_session(&self, headers: &HeaderMap) -> bool {
        let shown = headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='));
        let state = self.state();
        // A browser may hold cookies of one name from several servers of one host, so each is looked at.
        shown.take(KEPT).any(|value| state.sessions.iter().fold(false, |found, session| found | session.is(value)))
    }

    /// Ends all sessions and codes.
    pub(crate) fn forget(&self) {
        *self.state() = State::default();
    }

    /// Uses a code up.
    fn take(&self, code: &str) -> bool {
        let mut state = self.state();
        let Some(at) = state.codes.iter().position(|(known, _)| known.is(code)) else { return false };
        let (_, made) = state.codes.remove(at);
        made.elapsed() < CODE_LIFE
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn keep<T>(kept: &mut Vec<T>, new: T) {
    if kept.len() >= KEPT {
        kept.remove(0);
    }
    kept.push(new);
}

/// What a browser sees that has not signed in yet.
pub(crate) fn needed_page(url: &str) -> Response {
    let text = "Open the sign-in link that the server printed. It works once.";
    let mut response = page(StatusCode::UNAUTHORIZED, "Sign in to Brickwork", text, url);
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}

/// `url` was judged by the guard, so it holds no character that HTML knows.
fn page(status: StatusCode, title: &str, text: &str, url: &str) -> Response {
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n<style>body{{font:1rem/1.6 \
         system-ui,sans-serif;max-width:38rem;margin:15vh auto;padding:0 1.5rem;color-scheme:light \
         dark}}pre{{white-space:pre-wrap;overflow-wrap:anywhere}}</style>\n</head>\n<body>\n<h1>{title}</h1>\n<p>{text} \
         Print a new link with this line in a terminal:</p>\n<pre>curl -X POST -H \"Authorization: Bearer \
         $BRICKWORK_TOKEN\" {url}{PATH}</pre>\n<p>Or start <code>brickwork serve --ui</code> again.</p>\n</body>\n</html>\n"
    );
    let csp =
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CONTENT_SECURITY_POLICY, csp)];
    (status, headers, html).into_response()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    const URL: &str = "http://127.0.0.1:7860";

    fn cookie_of(response: &Response) -> Option<&str> {
        response.headers().get(header::SET_COOKIE)?.to_str().ok()?.split(';').next()
    }

    #[test]
    fn a_code_works_once() {
        let sign_in = SignIn::default();
        let link = sign_in.link(URL).unwrap();
        let query = link.strip_prefix("http://127.0.0.1:7860/sign-in?").unwrap();
        let first = sign_in.redeem(Some(query), URL, false);
        assert_eq!(first.status(), StatusCode::SEE_OTHER);
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, cookie_of(&first).unwrap().parse().unwrap());
        assert!(sign_in.has_session(&headers));
        let second = sign_in.redeem(Some(query), URL, false);
        assert_eq!(second.status(), StatusCode::FORBIDDEN);
        assert_eq!(cookie_of(&second), None);
        sign_in.forget();
        assert!(!sign_in.has_session(&headers));
    }

    #[test]
    fn nothing_else_is_a_code_or_a_session() {
        let sign_in = SignIn::default();
        sign_in.link(URL).unwrap();
        for query in [None, Some(""), Some("code="), Some("code=guess"), Some("other=1")] {
            assert_eq!(sign_in.redeem(query, URL, false).status(), StatusCode::FORBIDDEN, "{query:?}");
        }
        let check = |cookie: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, cookie.parse().unwrap());
            assert!(!sign_in.has_session(&headers), "{cookie}");
        };
        check("brickwork_session=");
        check("brickwork_session=guess");
        check("brickwork_session");
        check("other=1; brickwork_session=0");
    }

    #[test]
    fn an_old_code_does_not_work() {
        let sign_in = SignIn::default();
        let link = sign_in.link(URL).unwrap();
        let Some(long_ago) = Instant::now().checked_sub(CODE_LIFE) else { return };
        sign_in.state().codes[0].1 = long_ago;
        let (_, query) = link.split_once('?').unwrap();
        assert_eq!(sign_in.redeem(Some(query), URL, false).status(), StatusCode::FORBIDDEN);
    }

    #[test]
    fn only_so_many_sessions_are_kept() {
        let sign_in = SignIn::default();
        for _ in 0..KEPT + 3 {
            let link = sign_in.link(URL).unwrap();
            sign_in.redeem(link.split_once('?').map(|(_, query)| query), URL, false);
        }
        assert_eq!(sign_in.state().sessions.len(), KEPT);
    }
}
