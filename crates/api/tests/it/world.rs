//! A router over a fresh data folder in which every role is bound to the scripted model.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use brickwork_app::{App, AppConfig};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;

pub(crate) const DEFAULT_PROJECT: &str = "550e8400-e29b-41d4-a716-446655440000";

pub(crate) struct World {
    pub(crate) router: Router,
    pub(crate) folder: TempDir,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn text_lossy(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

pub(crate) fn pipeline() -> Value {
    json!({
        "name": "Two steps",
        "steps": [
            {"step_name": "analyze", "model_type": "CodeLlama", "prompt": "Analyze the requirements"},
            {"step_name": "generate", "model_type": "CodeGemma", "prompt": "Generate production code"}
        ]
    })
}

impl World {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let app = App::open(AppConfig::new(folder.path().join("data"))).await.unwrap();
        for role in ["CodeLlama", "CodeGemma", "T5Gemma", "Assembler"] {
            app.bind(role, "scripted").await.unwrap();
        }
        Self { router: brickwork_api::router(app), folder }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], None).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, &[], Some(body)).await
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", brickwork_api::BASE));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = match body {
            Some(body) => {
                request.header("content-type", "application/json").body(Body::from(body.to_string())).unwrap()
            }
            None => request.body(Body::empty()).unwrap(),
        };
        self.answer(request).await
    }

    pub(crate) async fn send_text(&self, path: &str, kind: &str, body: &str) -> Answer {
        let request = Request::builder()
            .method("POST")
            .uri(format!("{}{path}", brickwork_api::BASE))
            .header("content-type", kind)
            .body(Body::from(body.to_owned()))
            .unwrap();
        self.answer(request).await
    }

    /// A request to any path of the router; a body, if there is one, is sent as JSON.
    pub(crate) async fn send_at(&self, method: &str, path: &str, body: &str) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if !body.is_empty() {
            request = request.header("content-type", "application/json");
        }
        self.answer(request.body(Body::from(body.to_owned())).unwrap()).await
    }

    /// Waits for the end of a run by reading its events, which end with it.
    pub(crate) async fn ended(&self, run_id: &str) -> Value {
        self.get(&format!("/runs/{run_id}/events")).await;
        self.get(&format!("/runs/{run_id}")).await.json()
    }

    async fn answer(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Answer { status: head.status, headers: head.headers, body }
    }
}
