//! Cancelling, pausing, resuming and repeating runs.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use brickwork_app::{App, Pipeline, RerunPlan, RerunRequest, RunView, run_id_of};
use serde::Deserialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::extract::{Body, OptionalBody, Path, Query};
use crate::handlers::{Answer, Created, created};
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
    /// `unchanged`: every step is taken over that would be asked what it was asked, wherever it stands.
    #[param(inline)]
    keep: Option<Keep>,
}

/// Which steps to take over beside those that the client names.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Keep {
    /// Those that would be asked what they were asked.
    Unchanged,
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
/// A new run of the same pipeline, or of an edited one. The steps before `from` are taken over with their results; with
/// `keep=unchanged` exactly those that `rerun/plan` says.
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
    let keep_unchanged = query.keep == Some(Keep::Unchanged);
    let request = RerunRequest { from: query.from, pipeline: body.unwrap_or_default().pipeline, keep_unchanged };
    let run = app.rerun(run_id_of(&run_id)?, request).await?;
    created(StatusCode::ACCEPTED, &format!("/runs/{}", run.run_id), run)
}

/// What to find out about a repetition.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RerunPlanBody {
    /// An edited pipeline in place of the run's own.
    #[schema(value_type = Option<Pipeline>)]
    pipeline: Option<Value>,
    /// Name of the first step that is to be carried out again in any case.
    from: Option<String>,
}

/// What a repetition would take over
///
/// What `rerun?keep=unchanged` does with each step, and for those that run again the reasons. Nothing is started.
#[utoipa::path(post, path = "/runs/{run_id}/rerun/plan", tag = "runs",
    params(("run_id" = Uuid, Path, description = "The run to repeat.")),
    request_body(content = Option<RerunPlanBody>, description = "May be left out."),
    responses((status = 200, description = "Each step in list order, the Assembler last.", body = RerunPlan), NotFound,
        Conflict))]
pub(crate) async fn plan_rerun(
    State(app): State<App>,
    Path(run_id): Path<String>,
    OptionalBody(body): OptionalBody<RerunPlanBody>,
) -> Answer<RerunPlan> {
    let RerunPlanBody { pipeline, from } = body.unwrap_or_default();
    let request = RerunRequest { from, pipeline, keep_unchanged: true };
    Ok(Json(app.plan_rerun(run_id_of(&run_id)?, request).await?))
}

/// An output in the place of the model's.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OutputBody {
    /// The text that the following steps read. Its artifacts are found anew.
    result: String,
}

/// Replace the output of a step
///
/// While the run is paused or interrupted, and before a step that reads the output has begun. The model's own words stay
/// in `original_result`.
#[utoipa::path(put, path = "/runs/{run_id}/steps/{step_name}/output", tag = "runs",
    params(
        ("run_id" = Uuid, Path, description = "The run."),
        ("step_name" = String, Path, description = "The step's name."),
    ),
    request_body = OutputBody,
    responses((status = 200, description = "The run.", body = RunView), NotFound, Conflict))]
pub(crate) async fn edit_output(
    State(app): State<App>,
    Path((run_id, step_name)): Path<(String, String)>,
    Body(body): Body<OutputBody>,
) -> Answer<RunView> {
    Ok(Json(app.edit_output(run_id_of(&run_id)?, &step_name, body.result).await?))
}
