//! Cancelling, pausing, resuming and repeating runs.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use brickwork_app::{App, Pipeline, RerunRequest, RunView, run_id_of};
use serde::Deserialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::extract::{OptionalBody, Path, Query};
use crate::handlers::{Created, created};
use crate::openapi::responses::{Conflict, NotFound};
use crate::problem::Problem;

type Accepted = Result<(StatusCode, Json<RunView>), Problem>;

fn accepted(run: RunView) -> Accepted {
    Ok((StatusCode::ACCEPTED, Json(run)))
}

/// Cancel a run
///
/// A running one stops within its next token; a waiting one never starts.
#[utoipa::path(post, path = "/runs/{run_id}/cancel", tag = "runs",
    params(("run_id" = Uuid, Path, description = "The run.")),
    responses((status = 202, description = "The run.", body = RunView), NotFound, Conflict))]
pub(crate) async fn cancel_run(State(app): State<App>, Path(run_id): Path<String>) -> Accepted {
    accepted(app.cancel_run(run_id_of(&run_id)?).await?)
}

/// Pause a run
///
/// A running one waits after its running step, a waiting one at once. `resume` lets it go on.
#[utoipa::path(post, path = "/runs/{run_id}/pause", tag = "runs",
    params(("run_id" = Uuid, Path, description = "The run.")),
    responses((status = 202, description = "The run.", body = RunView), NotFound, Conflict))]
pub(crate) async fn pause_run(State(app): State<App>, Path(run_id): Path<String>) -> Accepted {
    accepted(app.pause_run(run_id_of(&run_id)?).await?)
}

/// Resume a run
///
/// A paused or interrupted run takes its place in the queue again; steps that have ended are not repeated.
#[utoipa::path(post, path = "/runs/{run_id}/resume", tag = "runs",
    params(("run_id" = Uuid, Path, description = "The run.")),
    responses((status = 202, description = "The run.", body = RunView), NotFound, Conflict))]
pub(crate) async fn resume_run(State(app): State<App>, Path(run_id): Path<String>) -> Accepted {
    accepted(app.resume_run(run_id_of(&run_id)?).await?)
}

/// From where to repeat a run.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct RerunQuery {
    /// Name of the first step to be carried out again; the steps before it are taken over. All of them when absent.
    from: Option<String>,
}

/// How to repeat a run.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RerunBody {
    /// An edited pipeline in place of the run's own.
    #[schema(value_type = Option<Pipeline>)]
    pipeline: Option<Value>,
}

/// Repeat a run
///
/// A new run of the same pipeline, or of an edited one. The steps before `from` are taken over with their results.
#[utoipa::path(post, path = "/runs/{run_id}/rerun", tag = "runs",
    params(("run_id" = Uuid, Path, description = "The run to repeat."), RerunQuery),
    request_body(content = Option<RerunBody>, description = "May be left out."),
    responses(
        (status = 202, description = "The new run, which waits or runs.", body = RunView,
            headers(("Location" = String, description = "Path of the new run."))),
        NotFound, Conflict))]
pub(crate) async fn rerun_run(
    State(app): State<App>,
    Path(run_id): Path<String>,
    Query(query): Query<RerunQuery>,
    OptionalBody(body): OptionalBody<RerunBody>,
) -> Created<RunView> {
    let request = RerunRequest { from: query.from, pipeline: body.unwrap_or_default().pipeline };
    let run = app.rerun(run_id_of(&run_id)?, request).await?;
    created(StatusCode::ACCEPTED, &format!("/runs/{}", run.run_id), run)
}
