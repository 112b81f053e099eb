//! The list of runs, favourites and the trash.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use brickwork_app::{
    App, DeletedRuns, RestoredRuns, RunListRequest, RunPage, RunView, RunsRequest, instant_of, run_id_of, run_states_of,
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::extract::{Body, Path, Query};
use crate::handlers::Answer;
use crate::openapi::responses::{Conflict, NotFound};
use crate::problem::Problem;

/// The most runs of a page.
const MAX_PAGE: usize = 500;

/// Which runs to list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct RunsQuery {
    /// Runs of a page; 50 when absent.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<usize>,
    /// The `next` of the page before.
    before: Option<String>,
    /// Only runs in one of these states: statuses, `INTERRUPTED` and `PAUSED`, with commas between them.
    #[param(
        pattern = "^(PENDING|RUNNING|SUCCESS|FAILED|CANCELLED|INTERRUPTED|PAUSED)(,(PENDING|RUNNING|SUCCESS|FAILED|CANCELLED|INTERRUPTED|PAUSED))*$"
    )]
    status: Option<String>,
    /// Only runs of this project.
    project_id: Option<Uuid>,
    /// Only runs made from this saved pipeline.
    pipeline_id: Option<Uuid>,
    /// Whether only favourites are wanted.
    #[serde(default)]
    favourite: bool,
    /// Only runs accepted at this instant or later.
    #[param(format = DateTime)]
    from: Option<String>,
    /// Only runs accepted before this instant.
    #[param(format = DateTime)]
    to: Option<String>,
    /// Only runs in whose name, prompts and outputs all these words are, the last one perhaps only begun, in whatever case
    /// and with whatever accents; also the run whose id begins with this.
    #[param(max_length = 500)]
    q: Option<String>,
    /// Whether to tell how many runs there are on all pages together.
    #[serde(default)]
    count: bool,
}

/// The runs, newest first
///
/// Those in the trash are not among them. With `q` each run has the place where the words were found.
#[utoipa::path(get, path = "/runs", tag = "runs", params(RunsQuery),
    responses((status = 200, description = "A page of runs.", body = RunPage), NotFound))]
pub(crate) async fn list_runs(State(app): State<App>, Query(query): Query<RunsQuery>) -> Answer<RunPage> {
    if let Some(limit) = query.limit.filter(|limit| !(1..=MAX_PAGE).contains(limit)) {
        return Err(Problem::invalid_query(format!("A page cannot have {limit} runs. Ask for 1 to {MAX_PAGE}.")));
    }
    let RunsQuery { limit, before, status, project_id, pipeline_id, favourite, from, to, q, count } = query;
    let request = RunListRequest {
        limit,
        before,
        states: status.map(|status| run_states_of(&status)).transpose()?.unwrap_or_default(),
        project_id,
        pipeline_id,
        favourite,
        from: from.map(|from| instant_of(&from, "from")).transpose()?,
        to: to.map(|to| instant_of(&to, "to")).transpose()?,
        text: q,
        count,
    };
    Ok(Json(app.runs(request).await?))
}

/// Whether a run is a favourite.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Favourite {
    /// Whether it is one from now on.
    favourite: bool,
}

/// Mark a run as a favourite
#[utoipa::path(put, path = "/runs/{run_id}/favourite", tag = "runs",
    params(("run_id" = Uuid, Path, description = "The run.")), request_body = Favourite,
    responses((status = 204, description = "It is marked, or not any more."), NotFound))]
pub(crate) async fn set_favourite(
    State(app): State<App>,
    Path(run_id): Path<String>,
    Body(request): Body<Favourite>,
) -> Result<StatusCode, Problem> {
    app.set_favourite(run_id_of(&run_id)?, request.favourite).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// How to remove a run.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeleteQuery {
    /// Whether it goes for good at once.
    #[serde(default)]
    forever: bool,
}

/// Remove a run
///
/// It goes to the trash with its steps, artifacts and events, and no other route knows it any more but `restore`. After
/// seven days it is gone for good; with `forever` at once. Only a run that has ended can go.
#[utoipa::path(delete, path = "/runs/{run_id}", tag = "runs",
    params(("run_id" = Uuid, Path, description = "The run."), DeleteQuery),
    responses((status = 204, description = "It is in the trash, or gone."), NotFound, Conflict))]
pub(crate) async fn delete_run(
    State(app): State<App>,
    Path(run_id): Path<String>,
    Query(query): Query<DeleteQuery>,
) -> Result<StatusCode, Problem> {
    let run_id = run_id_of(&run_id)?;
    if query.forever {
        app.delete_run_forever(run_id).await?
    } else {
        app.delete_run(run_id).await?
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Take a run out of the trash
#[utoipa::path(post, path = "/runs/{run_id}/restore", tag = "runs",
    params(("run_id" = Uuid, Path, description = "The run.")),
    responses((status = 200, description = "The run as it was.", body = RunView), NotFound))]
pub(crate) async fn restore_run(State(app): State<App>, Path(run_id): Path<String>) -> Answer<RunView> {
    Ok(Json(app.restore_run(run_id_of(&run_id)?).await?))
}

/// Remove several runs
///
/// All that have ended go to the trash at once; the answer names the others.
#[utoipa::path(post, path = "/runs/delete", tag = "runs", request_body = RunsRequest,
    responses((status = 200, description = "How many went, and which stayed.", body = DeletedRuns)))]
pub(crate) async fn delete_runs(State(app): State<App>, Body(request): Body<RunsRequest>) -> Answer<DeletedRuns> {
    Ok(Json(app.delete_runs(request).await?))
}

/// Take several runs out of the trash
///
/// All that are still there come back at once; the answer names the others.
#[utoipa::path(post, path = "/runs/restore", tag = "runs", request_body = RunsRequest,
    responses((status = 200, description = "How many came back, and which are gone.", body = RestoredRuns)))]
pub(crate) async fn restore_runs(State(app): State<App>, Body(request): Body<RunsRequest>) -> Answer<RestoredRuns> {
    Ok(Json(app.restore_runs(request).await?))
}
