//! `brickwork extract`.

use std::path::{Path, PathBuf};

use brickwork_app::{Artifact, DirectChecker, kind_of_name, read_output, report_syntax};
use serde_json::json;

use super::artifacts::state;
use super::read_text;
use crate::exit::Failure;

/// Prints the artifacts in a model's output, with its edits applied to the `earlier` files.
pub(crate) async fn extract(file: &str, earlier: &[PathBuf], json: bool) -> Result<(), Failure> {
    let earlier: Vec<Artifact> = earlier.iter().map(|path| earlier_file(path)).collect::<Result<_, _>>()?;
    let mut found = read_output("output", &read_text(file)?, &earlier);
    report_syntax(&DirectChecker, &mut found.artifacts).await;
    if json {
        let told = json!({
            "artifacts": found.artifacts, "patches": found.patches, "source": found.source, "unclosed": found.unclosed,
        });
        println!("{told}");
        return Ok(());
    }
    if found.artifacts.is_empty() {
        eprintln!("There is no code in this output.");
    }
    if found.unclosed {
        eprintln!("The output ends inside a block: more was to come.");
    }
    for artifact in found.artifacts {
        println!("==> {} ({})", artifact.name, artifact.kind);
        println!("{}", artifact.content.trim_end_matches('\n'));
        if artifact.syntax.as_ref().is_some_and(brickwork_app::SyntaxReport::is_invalid) {
            eprintln!("{}: {}", artifact.name, state(artifact.syntax.as_ref()));
        }
    }
    Ok(())
}

fn earlier_file(path: &Path) -> Result<Artifact, Failure> {
    let name = path.to_string_lossy().replace('\\', "/");
    let content = read_text(&name)?;
    let kind = kind_of_name(&name).unwrap_or_else(|| "txt".to_owned());
    Ok(Artifact { kind, name, content, named: true, closed: true, start: 0, end: 0, syntax: None })
}
