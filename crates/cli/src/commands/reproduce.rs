//! `brickwork reproduce`.

use std::path::Path;

use brickwork_app::{App, DEFAULT_PROJECT_ID, StartRun, pipeline_of_manifest};

use super::read_text;
use super::run::follow;
use crate::args::FollowArgs;
use crate::exit::Failure;

/// Runs the pipeline of an export again, or prints it.
pub(crate) async fn reproduce(app: &App, path: &Path, print: bool, args: &FollowArgs) -> Result<(), Failure> {
    let file = if path.is_dir() { path.join("brickwork.json") } else { path.to_path_buf() };
    let text = read_text(&file.to_string_lossy())?;
    let body = pipeline_of_manifest(&text).map_err(|why| Failure::invalid(format!("{}: {why}", file.display())))?;
    if print {
        println!("{}", serde_json::to_string_pretty(&body)?);
        return Ok(());
    }
    let request = StartRun { project_id: DEFAULT_PROJECT_ID, body: &body, idempotency_key: None };
    let accepted = app.start_run(request).await?.run;
    follow(app, &accepted, args).await
}
