//! `brickwork validate`.

use brickwork_app::{App, Severity};
use serde_json::json;

use super::read_pipeline;
use crate::exit::Failure;

/// Checks a pipeline without running it.
pub(crate) async fn validate(app: &App, pipeline: &str, json: bool) -> Result<(), Failure> {
    let found = app.validate(&read_pipeline(app, pipeline)?).await?;
    let valid = found.iter().all(|finding| finding.severity != Severity::Error);
    if json {
        println!("{}", json!({ "valid": valid, "diagnostics": found }));
    } else {
        for finding in &found {
            let word = if finding.severity == Severity::Error { "error" } else { "warning" };
            println!("{word}: {}: {} {}", finding.path, finding.message, finding.remedy);
        }
        if valid {
            println!("{pipeline}: valid");
        }
    }
    if valid { Ok(()) } else { Err(Failure::invalid(format!("{pipeline} cannot run."))) }
}
