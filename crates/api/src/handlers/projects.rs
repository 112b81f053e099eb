//! Projects.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use brickwork_app::{App, Project, ProjectRequest, project_id_of};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::extract::{Body, Path, Query};
use crate::handlers::{Answer, Created, created};
use crate::openapi::responses::{Conflict, NotFound};
use crate::problem::Problem;

/// Projects.
#[derive(Serialize, ToSchema)]
pub(crate) struct Projects {
    /// The oldest first.
    projects: Vec<Project>,
}

/// The projects
#[utoipa::path(get, path = "/projects", tag = "projects",
    responses((status = 200, description = "All projects, the oldest first.", body = Projects)))]
pub(crate) async fn list_projects(State(app): State<App>) -> Answer<Projects> {
    Ok(Json(Projects { projects: app.projects().await? }))
}

/// Make a project
#[utoipa::path(post, path = "/projects", tag = "projects", request_body = ProjectRequest,
    responses((status = 201, description = "The new project.", body = Project,
        headers(("Location" = String, description = "Path of the project.")))))]
pub(crate) async fn create_project(State(app): State<App>, Body(request): Body<ProjectRequest>) -> Created<Project> {
    let project = app.create_project(request).await?;
    created(StatusCode::CREATED, &format!("/projects/{}", project.id), project)
}

/// A project
#[utoipa::path(get, path = "/projects/{project_id}", tag = "projects",
    params(("project_id" = Uuid, Path, description = "The project.")),
    responses((status = 200, description = "The project.", body = Project), NotFound))]
pub(crate) async fn get_project(State(app): State<App>, Path(project_id): Path<String>) -> Answer<Project> {
    Ok(Json(app.project(project_id_of(&project_id)?).await?))
}

/// Change a project
///
/// The body replaces name, folder and context; what it leaves out is empty then.
#[utoipa::path(put, path = "/projects/{project_id}", tag = "projects",
    params(("project_id" = Uuid, Path, description = "The project.")), request_body = ProjectRequest,
    responses((status = 200, description = "The project as it is now.", body = Project), NotFound))]
pub(crate) async fn update_project(
    State(app): State<App>,
    Path(project_id): Path<String>,
    Body(request): Body<ProjectRequest>,
) -> Answer<Project> {
    Ok(Json(app.update_project(project_id_of(&project_id)?, request).await?))
}

/// How to remove a project.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeleteProjectQuery {
    /// Whether its runs and saved pipelines go with it; without, a project that has any stays.
    #[serde(default)]
    with_content: bool,
}

/// Remove a project
///
/// The default project stays, and so does a project with a run that has not ended.
#[utoipa::path(delete, path = "/projects/{project_id}", tag = "projects",
    params(("project_id" = Uuid, Path, description = "The project."), DeleteProjectQuery),
    responses((status = 204, description = "It is gone."), NotFound, Conflict))]
pub(crate) async fn delete_project(
    State(app): State<App>,
    Path(project_id): Path<String>,
    Query(query): Query<DeleteProjectQuery>,
) -> Result<StatusCode, Problem> {
    app.delete_project(project_id_of(&project_id)?, query.with_content).await?;
    Ok(StatusCode::NO_CONTENT)
}
