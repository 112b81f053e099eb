//! One handler a route. Each calls one use case.

use std::convert::Infallible;
use std::time::Duration;

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use brickwork_app::{
    App, AppError, ExportPlanView, ExportRequest, ExportResult, Health, Highlighted, ModelsView, RunListRequest,
    RunPage, RunStatus, RunView, Settings, Severity, run_id_of,
};
use futures::{Stream, StreamExt};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::BASE;
use crate::problem::Problem;

type Answer<T> = Result<Json<T>, Problem>;
type Body<T> = Result<Json<T>, JsonRejection>;
type Asked<T> = Result<Query<T>, QueryRejection>;

/// How often a silent event stream says that it is alive.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

pub(crate) async fn not_found(uri: Uri) -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "not_found",
        "Not found",
        format!("There is nothing at {}. The interface begins at {BASE}.", uri.path()),
    )
}

pub(crate) async fn method_not_allowed(method: Method, uri: Uri) -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "Method not allowed",
        format!("{method} is not possible at {}. Look up the route's method.", uri.path()),
    )
}

pub(crate) async fn health(State(app): State<App>) -> Json<Health> {
    Json(app.health())
}

pub(crate) async fn templates(State(app): State<App>) -> Answer<Value> {
    Ok(Json(json!({ "templates": app.templates()? })))
}

pub(crate) async fn models(State(app): State<App>) -> Answer<ModelsView> {
    Ok(Json(app.models().await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BindBody {
    id: String,
}

pub(crate) async fn bind(State(app): State<App>, Path(role): Path<String>, body: Body<BindBody>) -> Answer<ModelsView> {
    let Json(body) = body?;
    Ok(Json(app.bind(&role, &body.id).await?))
}

pub(crate) async fn projects(State(app): State<App>) -> Answer<Value> {
    Ok(Json(json!({ "projects": app.projects().await? })))
}

pub(crate) async fn settings(State(app): State<App>) -> Answer<Settings> {
    Ok(Json(app.settings().await?))
}

pub(crate) async fn set_settings(State(app): State<App>, body: Body<Settings>) -> Answer<Settings> {
    let Json(settings) = body?;
    Ok(Json(app.set_settings(settings).await?))
}

pub(crate) async fn validate(State(app): State<App>, body: Body<Value>) -> Answer<Value> {
    let Json(body) = body?;
    let diagnostics = app.validate(&body);
    let valid = diagnostics.iter().all(|finding| finding.severity != Severity::Error);
    Ok(Json(json!({ "valid": valid, "diagnostics": diagnostics })))
}

pub(crate) async fn execute(
    State(app): State<App>,
    Path(project_id): Path<String>,
    headers: HeaderMap,
    body: Body<Value>,
) -> Result<Response, Problem> {
    let Json(body) = body?;
    let project_id = Uuid::parse_str(&project_id).map_err(|_| AppError::UnknownProject(project_id))?;
    let accepted = app.start_run(project_id, &body).await?;
    let location = format!("{BASE}/runs/{}", accepted.run_id);
    let answer = if prefers_async(&headers) { accepted } else { app.wait(accepted.run_id).await? };
    let status = match answer.status {
        RunStatus::Failed => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::ACCEPTED,
    };
    Ok((status, [(header::LOCATION, location)], Json(answer)).into_response())
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

#[derive(Deserialize)]
pub(crate) struct RunsQuery {
    limit: Option<usize>,
    before: Option<String>,
    status: Option<String>,
    project_id: Option<Uuid>,
    q: Option<String>,
}

pub(crate) async fn runs(State(app): State<App>, query: Asked<RunsQuery>) -> Answer<RunPage> {
    let Query(query) = query?;
    let status = match query.status.filter(|word| !word.is_empty()) {
        None => None,
        Some(word) => Some(RunStatus::parse(&word).ok_or_else(|| {
            Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "invalid",
                "The request's query is wrong",
                format!("There is no status `{word}`. Use PENDING, RUNNING, SUCCESS, FAILED or CANCELLED."),
            )
        })?),
    };
    let request = RunListRequest {
        limit: query.limit,
        before: query.before,
        status,
        project_id: query.project_id,
        text: query.q.filter(|text| !text.is_empty()),
    };
    Ok(Json(app.runs(request).await?))
}

pub(crate) async fn run(State(app): State<App>, Path(run_id): Path<String>) -> Answer<RunView> {
    Ok(Json(app.run(run_id_of(&run_id)?).await?))
}

#[derive(Deserialize)]
pub(crate) struct EventsQuery {
    after: Option<u64>,
}

pub(crate) async fn events(
    State(app): State<App>,
    Path(run_id): Path<String>,
    query: Asked<EventsQuery>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let Query(query) = query?;
    let last_id = headers.get("last-event-id").and_then(|value| value.to_str().ok()?.parse().ok());
    let events = app.events(run_id_of(&run_id)?, last_id.or(query.after).unwrap_or(0)).await?;
    let stream = events.map(|event| {
        let data = serde_json::to_string(&event).expect("an event is plain data and always serialises");
        let message = Event::default().data(data);
        Ok(match event.seq {
            Some(seq) => message.id(seq.to_string()),
            None => message,
        })
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

pub(crate) async fn cancel(State(app): State<App>, Path(run_id): Path<String>) -> Result<Response, Problem> {
    let run = app.cancel_run(run_id_of(&run_id)?).await?;
    Ok((StatusCode::ACCEPTED, Json(run)).into_response())
}

pub(crate) async fn artifacts(State(app): State<App>, Path(run_id): Path<String>) -> Answer<Value> {
    Ok(Json(json!({ "artifacts": app.artifacts(run_id_of(&run_id)?).await? })))
}

pub(crate) async fn export_plan(
    State(app): State<App>,
    Path(run_id): Path<String>,
    body: Body<ExportRequest>,
) -> Answer<ExportPlanView> {
    let Json(request) = body?;
    Ok(Json(app.plan_export(run_id_of(&run_id)?, &request).await?))
}

pub(crate) async fn export(
    State(app): State<App>,
    Path(run_id): Path<String>,
    body: Body<ExportRequest>,
) -> Answer<ExportResult> {
    let Json(request) = body?;
    Ok(Json(app.export(run_id_of(&run_id)?, &request).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HighlightBody {
    #[serde(rename = "type")]
    kind: String,
    content: String,
}

pub(crate) async fn highlight(body: Body<HighlightBody>) -> Answer<Highlighted> {
    let Json(body) = body?;
    Ok(Json(brickwork_app::highlight(&body.kind, &body.content)))
}
