//! Starting and reading runs.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use brickwork_app::{App, Pipeline, RunStatus, RunView, StartRun, StartedRun, project_id_of, run_id_of};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::BASE;
use crate::extract::{AnyBody, Path, Query};
use crate::handlers::Answer;
use crate::openapi::responses::NotFound;
use crate::problem::Problem;

/// The longest `Idempotency-Key`, in characters.
const MAX_KEY_CHARS: usize = 255;

/// What a run is made from.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExecuteQuery {
    /// The saved pipeline that is run: the body is kept as its next version, unless it is the newest one.
    pipeline_id: Option<Uuid>,
}

/// Run a pipeline
///
/// Answers when the run has ended, with everything that it made, or when it is paused and waits for the user; with
/// `Prefer: respond-async` at once, while it waits or runs. Closing the connection does not end the run.
#[utoipa::path(post, path = "/projects/{project_id}/execute", tag = "runs",
    params(
        ("project_id" = Uuid, Path, description = "The project that the run belongs to."),
        ExecuteQuery,
        ("Prefer" = Option<String>, Header, description = "`respond-async` answers at once (RFC 7240)."),
        ("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255,
            description = "A request that comes again with the same key is answered with the run of the first one."),
    ),
    request_body = Pipeline,
    responses(
        (status = 202, description = "The run: SUCCESS or CANCELLED, or as far as it is when it is paused or with `respond-async`.", body = RunView,
            headers(
                ("Location" = String, description = "Path of the run."),
                ("Idempotency-Replayed" = Option<String>, description = "`true` when an earlier request made the run."),
            )),
        (status = 500, description = "The run FAILED, and is the answer; a fault of the data folder is a `Problem`.", content(
            (RunView = "application/json"), (Problem = "application/problem+json"))),
        NotFound,
    ))]
pub(crate) async fn execute_pipeline(
    State(app): State<App>,
    Path(project_id): Path<String>,
    Query(query): Query<ExecuteQuery>,
    headers: HeaderMap,
    AnyBody(body): AnyBody,
) -> Result<Response, Problem> {
    let request =
        StartRun { project_id: project_id_of(&project_id)?, body: &body, idempotency_key: idempotency_key(&headers)? };
    let StartedRun { run: accepted, replayed } = match query.pipeline_id {
        Some(pipeline_id) => app.start_run_of_pipeline(pipeline_id, request).await?,
        None => app.start_run(request).await?,
    };
    let location = format!("{BASE}/runs/{}", accepted.run_id);
    let answer = if prefers_async(&headers) { accepted } else { app.wait_for_end_or_user(accepted.run_id).await? };
    let status = match answer.status {
        RunStatus::Failed => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::ACCEPTED,
    };
    let mut response = (status, [(header::LOCATION, location)], Json(answer)).into_response();
    if replayed {
        response.headers_mut().insert("idempotency-replayed", HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// The value of `Idempotency-Key`.
fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    match value.to_str() {
        Ok(key) if (1..=MAX_KEY_CHARS).contains(&key.len()) => Ok(Some(key.to_owned())),
        _ => Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid",
            "The request's header is wrong",
            format!("`Idempotency-Key` must have 1 to {MAX_KEY_CHARS} ASCII characters. Use a new UUID, for example."),
        )),
    }
}

/// `Prefer: respond-async` (RFC 7240), possibly among other preferences.
fn prefers_async(headers: &HeaderMap) -> bool {
    headers
        .get_all("prefer")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split([',', ';']))
        .any(|preference| preference.trim().eq_ignore_ascii_case("respond-async"))
}

/// A run
///
/// With its steps, its artifacts and everything else that is kept of it.
#[utoipa::path(get, path = "/runs/{run_id}", tag = "runs", params(("run_id" = Uuid, Path, description = "The run.")),
    responses((status = 200, description = "The run as it is now.", body = RunView), NotFound))]
pub(crate) async fn get_run(State(app): State<App>, Path(run_id): Path<String>) -> Answer<RunView> {
    Ok(Json(app.run(run_id_of(&run_id)?).await?))
}
