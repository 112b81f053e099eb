//! Previews of artifacts in the window: a scheme of their own, which reaches one route of the router and nothing else.
//!
//! The pages are hostile. They are shown in frames only, and every answer under the scheme carries the policy that
//! sandboxes them without scripts, refusals included. That matters more here than in a browser: Tauri takes pages of a
//! registered scheme for the program's own, so a script in one could call the window's commands.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderValue, Method, Request, Response, StatusCode, header};
use brickwork_api::BASE;
use brickwork_app::PREVIEW_POLICY;
use tauri::{AppHandle, Manager, Url};
use tower::ServiceExt;

use crate::bridge::Bridge;

/// The scheme: `brickwork-preview://localhost/…`, and `http://brickwork-preview.localhost/…` on Windows.
pub(crate) const SCHEME: &str = "brickwork-preview";

/// The largest page that is passed on, in bytes.
const MAX_PAGE_BYTES: usize = 32 * 1024 * 1024;

/// Answers a request under the scheme.
pub(crate) async fn answer(window: AppHandle, request: Request<Vec<u8>>) -> Response<Vec<u8>> {
    let router = window.try_state::<Bridge>().map(|bridge| bridge.router());
    match router {
        Some(router) => answer_with(router, &request).await,
        // Nothing asks before the window is open.
        None => refusal(StatusCode::SERVICE_UNAVAILABLE, "Brickwork is not ready yet."),
    }
}

async fn answer_with(router: Router, request: &Request<Vec<u8>>) -> Response<Vec<u8>> {
    let path = Url::parse(&request.uri().to_string()).ok().filter(|_| request.method() == Method::GET);
    let Some(path) = path.as_ref().and_then(route) else {
        return refusal(StatusCode::NOT_FOUND, "There is no preview here.");
    };
    let Ok(inner) = Request::get(path).body(Body::empty()) else {
        return refusal(StatusCode::NOT_FOUND, "There is no preview here.");
    };
    let Ok(answered) = router.oneshot(inner).await;
    let (mut head, body) = answered.into_parts();
    let Ok(page) = to_bytes(body, MAX_PAGE_BYTES).await else {
        return refusal(StatusCode::INTERNAL_SERVER_ERROR, "The preview could not be made.");
    };
    guard(&mut head.headers);
    Response::from_parts(head, page.to_vec())
}

/// The router's path for an address of the scheme; `None` for every address but that of a preview.
fn route(url: &Url) -> Option<String> {
    let is_host = match url.scheme() {
        SCHEME => url.host_str() == Some("localhost"),
        "http" | "https" => url.host_str().and_then(|host| host.strip_suffix(".localhost")) == Some(SCHEME),
        _ => false,
    };
    let is_plain = url.username().is_empty() && url.password().is_none() && url.port().is_none();
    let parts: Vec<&str> = url.path_segments()?.collect();
    let ["runs", run_id, "artifacts", artifact_id] = parts[..] else { return None };
    let is_run = run_id.len() == 36 && run_id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    let is_artifact = (1..=19).contains(&artifact_id.len()) && artifact_id.bytes().all(|byte| byte.is_ascii_digit());
    let query = match url.query() {
        None | Some("") => "",
        Some("theme=light") => "?theme=light",
        Some("theme=dark") => "?theme=dark",
        Some(_) => return None,
    };
    (is_host && is_plain && is_run && is_artifact)
        .then(|| format!("{BASE}/runs/{run_id}/artifacts/{artifact_id}/preview{query}"))
}

/// Whether an address is that of a preview.
pub(crate) fn is_preview(url: &Url) -> bool {
    route(url).is_some()
}

/// Sets what no answer under the scheme may lack. What the router sets itself is the same.
fn guard(headers: &mut axum::http::HeaderMap) {
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(PREVIEW_POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

fn refusal(status: StatusCode, text: &str) -> Response<Vec<u8>> {
    let mut response = Response::new(text.as_bytes().to_vec());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    guard(response.headers_mut());
    response
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use axum::routing::get;

    use super::*;

    const ID: &str = "550e8400-e29b-41d4-a716-446655440000";

    #[test]
    fn row_32_only_previews_are_reached_through_the_scheme() {
        let check = |address: &str, expected: Option<&str>| {
            let address = address.replace("ID", ID);
            let expected = expected.map(|path| format!("{BASE}{}", path.replace("ID", ID)));
            assert_eq!(route(&address.parse().unwrap()), expected, "{address}");
        };
        let page = Some("/runs/ID/artifacts/7/preview");
        check("brickwork-preview://localhost/runs/ID/artifacts/7", page);
        check("http://brickwork-preview.localhost/runs/ID/artifacts/7", page);
        check(
            "brickwork-preview://localhost/runs/ID/artifacts/7?theme=dark",
            Some("/runs/ID/artifacts/7/preview?theme=dark"),
        );
        check("brickwork-preview://localhost/runs/ID/artifacts/7#part", page);
        for address in [
            "brickwork-preview://localhost/",
            "brickwork-preview://localhost/runs/ID",
            "brickwork-preview://localhost/runs/ID/artifacts",
            "brickwork-preview://localhost/runs/ID/artifacts/7/raw",
            "brickwork-preview://localhost/runs/ID/artifacts/7/",
            "brickwork-preview://localhost/runs/ID/artifacts/..",
            "brickwork-preview://localhost/runs/ID/artifacts/%2e%2e",
            "brickwork-preview://localhost/runs/../settings/artifacts/7",
            "brickwork-preview://localhost/runs/ID%2f/artifacts/7",
            "brickwork-preview://localhost/runs/ID/artifacts/7?theme=dark&x=1",
            "brickwork-preview://localhost/runs/ID/artifacts/7?theme=%0d%0a",
            "brickwork-preview://localhost/api/v1/orchestrator/settings",
            "brickwork-preview://evil.example/runs/ID/artifacts/7",
            "brickwork-preview://user@localhost/runs/ID/artifacts/7",
            "brickwork-preview://localhost:1/runs/ID/artifacts/7",
            "http://localhost/runs/ID/artifacts/7",
            "http://brickwork-preview.localhost.evil.example/runs/ID/artifacts/7",
            "tauri://localhost/runs/ID/artifacts/7",
            "file:///runs/ID/artifacts/7",
        ] {
            check(address, None);
        }
    }

    /// A router that has everything, and answers without any header of its own.
    fn careless() -> Router {
        Router::new().fallback(get(|| async { ([(header::CONTENT_TYPE, "text/html")], "<script>1</script>") }))
    }

    #[tokio::test]
    async fn row_32_every_answer_under_the_scheme_is_sandboxed() {
        let ask = async |method: &str, path: &str| {
            let uri = format!("brickwork-preview://localhost{}", path.replace("ID", ID));
            let request = Request::builder().method(method).uri(uri).body(Vec::new()).unwrap();
            answer_with(careless(), &request).await
        };
        for (method, path, status) in [
            ("GET", "/runs/ID/artifacts/7", 200),
            ("GET", "/runs/ID/artifacts/7?theme=dark", 200),
            ("POST", "/runs/ID/artifacts/7", 404),
            ("GET", "/api/v1/orchestrator/settings", 404),
            ("GET", "/", 404),
        ] {
            let response = ask(method, path).await;
            assert_eq!(response.status(), status, "{method} {path}");
            let header = |name| response.headers().get(name).unwrap().to_str().unwrap();
            assert!(
                header(header::CONTENT_SECURITY_POLICY).starts_with("sandbox; default-src 'none'"),
                "{method} {path}"
            );
            assert_eq!(header(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
            assert_eq!(header(header::CACHE_CONTROL), "no-store");
        }
    }
}
