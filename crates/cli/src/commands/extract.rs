//! `brickwork extract`.

use serde_json::json;

use super::read_text;
use crate::exit::Failure;

/// Prints the artifacts in a model's output.
pub(crate) fn extract(file: &str, json: bool) -> Result<(), Failure> {
    let artifacts = brickwork_app::extract("output", &read_text(file)?);
    if json {
        println!("{}", json!({ "artifacts": artifacts }));
        return Ok(());
    }
    if artifacts.is_empty() {
        eprintln!("There is no code block in this output.");
    }
    for artifact in artifacts {
        println!("==> {} ({})", artifact.name, artifact.kind);
        println!("{}", artifact.content.trim_end_matches('\n'));
    }
    Ok(())
}
