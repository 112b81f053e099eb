//! The one HTTP router over the use cases of `brickwork-app`.
//!
//! The window calls it in-process, without a socket; a listener mounts the same router. It holds no business rule: it
//! turns requests into calls and results into JSON.

mod docs;
mod event_slots;
mod extract;
mod guard;
mod handlers;
mod listener;
mod openai;
mod openapi;
mod problem;
mod server;
mod sign_in;
mod token;
mod ui_files;

use axum::extract::DefaultBodyLimit;
use axum::routing::get;
use axum::{Extension, Router};
use brickwork_app::App;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::handlers::{
    artifacts, bundle, catalog, data, doctor, drafts, export, fallback, fit, health, history, hub, model_files, models,
    pipelines, preview, projects, queue, remotes, run_control, run_events, runs, server as server_routes, settings,
    transfers, versions,
};

pub use event_slots::{EventSlot, EventSlots, MAX_EVENT_LISTENERS};
pub use listener::{AllowedHost, DEFAULT_PORT, InvalidHost, Limits, ListenError, ListenOptions, Listener};
pub use openapi::openapi;
pub use problem::Problem;
pub use server::{ServerState, ServerSwitch, ServerView, SwitchError};
pub use token::{TOKEN_VARIABLE, Token, TokenError};
pub use ui_files::{UiFile, UiFiles};

/// The prefix of the program's own routes.
pub const BASE: &str = "/api/v1/orchestrator";

/// The largest request body, in bytes, but for a draft's.
const MAX_BODY_BYTES: usize = 2 * 1024 * 1024;

/// The largest body of a request to `path`, in bytes.
fn max_body_bytes(path: &str) -> usize {
    let is_draft =
        path.strip_prefix(BASE).is_some_and(|path| path.starts_with("/pipelines/") && path.ends_with("/draft"));
    if is_draft { drafts::MAX_DRAFT_BYTES } else { MAX_BODY_BYTES }
}

/// The router over `app`.
pub fn router(app: App) -> Router {
    let (routes, _) = routes().split_for_parts();
    routes
        .route("/openapi.json", get(openapi::serve))
        .merge(docs::routes())
        .method_not_allowed_fallback(fallback::method_not_allowed)
        .fallback(fallback::not_found)
        .layer(Extension(EventSlots::default()))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(CatchPanicLayer::custom(fallback::panicked))
        .with_state(app)
}

/// Every route with its description.
fn routes() -> OpenApiRouter<App> {
    let own = OpenApiRouter::new()
        .routes(routes!(health::get_health))
        .routes(routes!(settings::get_settings, settings::put_settings))
        .routes(routes!(server_routes::get_server, server_routes::put_server))
        .routes(routes!(models::list_models))
        .routes(routes!(models::bind_model))
        .routes(routes!(models::set_model_options))
        .routes(routes!(fit::fit_models))
        .routes(routes!(doctor::get_doctor))
        .routes(routes!(catalog::get_catalog))
        .routes(routes!(catalog::get_model_file))
        .routes(routes!(remotes::check_remote))
        .routes(routes!(remotes::set_remote_key, remotes::remove_remote_key))
        .routes(routes!(hub::get_hub, hub::put_hub))
        .routes(routes!(hub::set_hub_token, hub::remove_hub_token))
        .routes(routes!(hub::search_hub))
        .routes(routes!(hub::get_hub_repository))
        .routes(routes!(transfers::list_transfers))
        .routes(routes!(transfers::cancel_transfer))
        .routes(routes!(transfers::pause_transfer))
        .routes(routes!(transfers::resume_transfer))
        .routes(routes!(transfers::start_download))
        .routes(routes!(pipelines::list_templates))
        .routes(routes!(pipelines::validate_pipeline))
        .routes(routes!(pipelines::highlight_source))
        .routes(routes!(versions::list_pipelines, versions::save_pipeline))
        .routes(routes!(versions::get_pipeline, versions::update_pipeline, versions::delete_pipeline))
        .routes(routes!(versions::list_versions))
        .routes(routes!(versions::get_version, versions::label_version))
        .routes(routes!(versions::restore_version))
        .routes(routes!(versions::copy_pipeline))
        .merge(
            OpenApiRouter::new()
                .routes(routes!(drafts::put_draft, drafts::delete_draft))
                .layer(DefaultBodyLimit::max(drafts::MAX_DRAFT_BYTES)),
        )
        .routes(routes!(projects::list_projects, projects::create_project))
        .routes(routes!(projects::get_project, projects::update_project, projects::delete_project))
        .routes(routes!(preview::preview_pipeline))
        .routes(routes!(runs::execute_pipeline))
        .routes(routes!(history::list_runs))
        .routes(routes!(history::delete_runs))
        .routes(routes!(history::restore_runs))
        .routes(routes!(runs::get_run, history::delete_run))
        .routes(routes!(history::set_favourite))
        .routes(routes!(history::restore_run))
        .routes(routes!(run_events::follow_run))
        .routes(routes!(run_control::cancel_run))
        .routes(routes!(run_control::pause_run))
        .routes(routes!(run_control::resume_run))
        .routes(routes!(run_control::rerun_run))
        .routes(routes!(run_control::plan_rerun))
        .routes(routes!(run_control::edit_output))
        .routes(routes!(queue::get_queue))
        .routes(routes!(queue::move_run))
        .routes(routes!(artifacts::list_artifacts))
        .routes(routes!(artifacts::get_artifact))
        .routes(routes!(artifacts::download_artifact))
        .routes(routes!(artifacts::download_zip))
        .routes(routes!(artifacts::edit_artifacts))
        .routes(routes!(artifacts::choose_final))
        .routes(routes!(artifacts::reread_artifacts))
        .routes(routes!(artifacts::preview_artifact))
        .routes(routes!(artifacts::extract_files))
        .routes(routes!(export::plan_export))
        .routes(routes!(export::export_run))
        .routes(routes!(export::list_exports))
        .routes(routes!(export::undo_export))
        .routes(routes!(model_files::list_found_models))
        .routes(routes!(model_files::import_model_file))
        .routes(routes!(model_files::verify_model_file))
        .routes(routes!(model_files::remove_model_file))
        .routes(routes!(model_files::rename_model_file))
        .routes(routes!(model_files::relocate_model_file))
        .routes(routes!(model_files::get_models_usage))
        .routes(routes!(bundle::export_bundle))
        .routes(routes!(bundle::plan_bundle_import))
        .routes(routes!(bundle::import_bundle))
        .routes(routes!(data::get_storage))
        .routes(routes!(data::prune_runs))
        .routes(routes!(data::backup_data))
        .routes(routes!(data::get_metrics));
    OpenApiRouter::with_openapi(openapi::Frame::openapi())
        .nest(BASE, own)
        .routes(routes!(openai::list_chat_models))
        .routes(routes!(openai::complete_chat))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_draft_may_be_large() {
        for (path, expected) in [
            ("/pipelines/x/draft", drafts::MAX_DRAFT_BYTES),
            ("/pipelines/x", MAX_BODY_BYTES),
            ("/runs/x/draft", MAX_BODY_BYTES),
            ("", MAX_BODY_BYTES),
        ] {
            assert_eq!(max_body_bytes(&format!("{BASE}{path}")), expected, "{path}");
        }
        assert_eq!(max_body_bytes("/pipelines/x/draft"), MAX_BODY_BYTES);
    }
}
