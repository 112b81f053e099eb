//! `brickwork reproduce`.

use std::path::Path;

use brickwork_app::{App, DEFAULT_PROJECT_ID, MANIFEST_NAME, StartRun, pipeline_of_manifest};
use serde_json::Value;
use uuid::Uuid;

use super::read_text;
use super::run::follow;
use crate::args::FollowArgs;
use crate::exit::Failure;

/// Runs the pipeline of an export again in a project, or prints it. What may make it run otherwise is told first.
pub(crate) async fn reproduce(
    app: &App,
    path: &Path,
    project: Option<Uuid>,
    print: bool,
    args: &FollowArgs,
) -> Result<(), Failure> {
    let file = if path.is_dir() { path.join(MANIFEST_NAME) } else { path.to_path_buf() };
    let text = read_text(&file.to_string_lossy())?;
    let body = pipeline_of_manifest(&text).map_err(|why| Failure::invalid(format!("{}: {why}", file.display())))?;
    let manifest: Value = serde_json::from_str(&text).unwrap_or_default();
    for warning in manifest["warnings"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        eprintln!("warning: {warning}");
    }
    if print {
        println!("{}", serde_json::to_string_pretty(&body)?);
        return Ok(());
    }
    let request = StartRun { project_id: project.unwrap_or(DEFAULT_PROJECT_ID), body: &body, idempotency_key: None };
    let accepted = app.start_run(request).await?.run;
    for difference in app.differences_from_manifest(&text, accepted.run_id).await? {
        eprintln!("warning: {difference}");
    }
    follow(app, &accepted, args).await
}
