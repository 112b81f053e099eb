//! The one HTTP router over the use cases of `brickwork-app`.
//!
//! The window calls it in-process, without a socket; a listener mounts the same router. It holds no business rule: it
//! turns requests into calls and results into JSON.

mod handlers;
mod problem;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post, put};
use brickwork_app::App;

pub use problem::Problem;

/// The prefix of every route.
pub const BASE: &str = "/api/v1/orchestrator";

/// The largest request body, in bytes.
const MAX_BODY_BYTES: usize = 2 * 1024 * 1024;

/// The router over `app`.
pub fn router(app: App) -> Router {
    let routes = Router::new()
        .route("/health", get(handlers::health))
        .route("/templates", get(handlers::templates))
        .route("/models", get(handlers::models))
        .route("/models/{role}/binding", put(handlers::bind))
        .route("/projects", get(handlers::projects))
        .route("/projects/{project_id}/execute", post(handlers::execute))
        .route("/settings", get(handlers::settings).put(handlers::set_settings))
        .route("/validate", post(handlers::validate))
        .route("/highlight", post(handlers::highlight))
        .route("/runs", get(handlers::runs))
        .route("/runs/{run_id}", get(handlers::run))
        .route("/runs/{run_id}/events", get(handlers::events))
        .route("/runs/{run_id}/cancel", post(handlers::cancel))
        .route("/runs/{run_id}/artifacts", get(handlers::artifacts))
        .route("/runs/{run_id}/export/plan", post(handlers::export_plan))
        .route("/runs/{run_id}/export", post(handlers::export))
        .method_not_allowed_fallback(handlers::method_not_allowed);
    Router::new()
        .nest(BASE, routes)
        .fallback(handlers::not_found)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(app)
}
