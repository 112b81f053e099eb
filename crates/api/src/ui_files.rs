//! The built web UI, served to browsers. Where its files come from is the caller's business.

use std::borrow::Cow;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// What pages of the UI may do: the window's policy without its bridge, and never inside a frame. The frames in them show
/// previews of artifacts, whose own policy sandboxes them.
const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: \
                      blob:; font-src 'self' data:; connect-src 'self'; object-src 'none'; frame-src 'self'; base-uri \
                      'none'; form-action 'none'; frame-ancestors 'none'";

/// Files below this path carry their content's hash in their names and never change.
const HASHED: &str = "assets/";

/// One file.
#[derive(Debug, Clone)]
pub struct UiFile {
    /// Its media type.
    pub mime: &'static str,
    /// Its content.
    pub bytes: Cow<'static, [u8]>,
    /// A text that changes with its content, of letters, digits and `-`.
    pub etag: String,
}

/// Finds a file by its path.
type Lookup = dyn Fn(&str) -> Option<UiFile> + Send + Sync;

/// The files of the UI, looked up by their path without a leading `/`.
#[derive(Clone)]
pub struct UiFiles {
    lookup: Arc<Lookup>,
}

impl UiFiles {
    /// The files that `lookup` finds.
    pub fn new(lookup: impl Fn(&str) -> Option<UiFile> + Send + Sync + 'static) -> Self {
        Self { lookup: Arc::new(lookup) }
    }

    /// The answer with a file, when the request asks for one. `/` is the page; the UI's own routes stand behind `#`, so
    /// every other path means itself.
    pub(crate) fn answer(&self, request: &Request<Body>) -> Option<Response> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return None;
        }
        let path = match request.uri().path().strip_prefix('/')? {
            "" => "index.html",
            path => path,
        };
        let file = (self.lookup)(path)?;
        let etag = format!("\"{}\"", file.etag);
        let caching = if path.starts_with(HASHED) { "private, max-age=31536000, immutable" } else { "no-cache" };
        let known = request.headers().get_all(header::IF_NONE_MATCH).iter();
        let is_known = known
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .any(|value| value.trim().trim_start_matches("W/") == etag);
        let headers = [
            (header::ETAG, etag.as_str()),
            (header::CACHE_CONTROL, caching),
            (header::CONTENT_SECURITY_POLICY, POLICY),
        ];
        if is_known {
            return Some((StatusCode::NOT_MODIFIED, headers).into_response());
        }
        let body = match file.bytes {
            Cow::Borrowed(bytes) => Body::from(bytes),
            Cow::Owned(bytes) => Body::from(bytes),
        };
        Some((headers, [(header::CONTENT_TYPE, file.mime)], body).into_response())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn files() -> UiFiles {
        UiFiles::new(|path| {
            let (mime, bytes): (_, &[u8]) = match path {
                "index.html" => ("text/html; charset=utf-8", b"<p>page</p>"),
                "assets/index-1.js" => ("text/javascript; charset=utf-8", b"1"),
                _ => return None,
            };
            Some(UiFile { mime, bytes: Cow::Borrowed(bytes), etag: "abc".into() })
        })
    }

    #[test]
    fn files_are_found_by_their_path_alone() {
        let files = files();
        let check = |method: &str, path: &str, expected: Option<u16>| {
            let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
            assert_eq!(files.answer(&request).map(|answer| answer.status().as_u16()), expected, "{method} {path}");
        };
        check("GET", "/", Some(200));
        check("HEAD", "/", Some(200));
        check("GET", "/?x=1", Some(200));
        check("GET", "/assets/index-1.js", Some(200));
        check("GET", "//assets/index-1.js", None);
        check("GET", "/runs", None);
        check("GET", "/api/v1/orchestrator/health", None);
        check("POST", "/", None);
    }

    #[test]
    fn hashed_files_are_cached_for_good_and_the_page_is_not() {
        let header_of = |path: &str, name| {
            let request = Request::builder().uri(path).body(Body::empty()).unwrap();
            files().answer(&request).unwrap().headers().get(name).unwrap().to_str().unwrap().to_owned()
        };
        assert_eq!(header_of("/", header::CACHE_CONTROL), "no-cache");
        assert!(header_of("/assets/index-1.js", header::CACHE_CONTROL).ends_with("immutable"));
        assert!(header_of("/", header::CONTENT_SECURITY_POLICY).contains("frame-ancestors 'none'"));
        let request = Request::builder().uri("/").header("if-none-match", "\"abc\"").body(Body::empty()).unwrap();
        assert_eq!(files().answer(&request).unwrap().status(), StatusCode::NOT_MODIFIED);
    }
}
