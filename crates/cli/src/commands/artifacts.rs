//! `brickwork artifacts`.

use brickwork_app::{App, Artifact, FinalRequest, RunView, SyntaxReport, SyntaxState};

use super::find_run;
use crate::args::ArtifactsArgs;
use crate::exit::Failure;

/// Lists the artifacts of a run, after choosing the final ones or reading the outputs anew where that is asked.
pub(crate) async fn artifacts(app: &App, args: ArtifactsArgs) -> Result<(), Failure> {
    let run_id = find_run(app, &args.run).await?;
    let mut run = app.run(run_id).await?;
    if args.reread {
        run = app.reread_artifacts(run_id).await?;
    }
    if let Some(from) = args.from {
        run = app.choose_final(run_id, FinalRequest { from: from.into() }).await?;
    }
    if args.json {
        let artifacts = app.artifacts(run_id).await?;
        println!("{}", serde_json::json!({ "artifacts": artifacts, "assembly": run.assembly }));
        return Ok(());
    }
    print(&run);
    Ok(())
}

fn print(run: &RunView) {
    for step in run.steps.iter().chain([&run.assembler]) {
        list(&step.step_name, &step.artifacts);
        if step.gate_passed == Some(false) {
            eprintln!("  did not pass its gate in {} attempts", step.report.attempts.len());
        }
    }
    list("final", &run.final_artifacts);
    let Some(assembly) = &run.assembly else { return };
    if assembly.fallback {
        eprintln!("The Assembler's result lost code, so the steps' latest pieces are the final ones.");
    }
    for conflict in &assembly.conflicts {
        eprintln!("conflict: {conflict}");
    }
    for fault in &assembly.faults {
        eprintln!("assembler: {fault}");
    }
}

fn list(title: &str, artifacts: &[Artifact]) {
    if artifacts.is_empty() {
        return;
    }
    println!("{title}");
    for artifact in artifacts {
        println!("  {:<40} {:>8} bytes  {}", artifact.name, artifact.content.len(), state(artifact.syntax.as_ref()));
    }
}

/// What is known of the syntax, in a few words.
pub(crate) fn state(report: Option<&SyntaxReport>) -> String {
    let Some(report) = report else { return String::new() };
    match (report.state, report.errors.first()) {
        (SyntaxState::Valid, _) => "parses".to_owned(),
        (SyntaxState::Unchecked, _) => "not checked".to_owned(),
        (SyntaxState::Invalid, Some(error)) => format!("line {}: {}", error.line, error.message),
        (SyntaxState::Invalid, None) => "does not parse".to_owned(),
    }
}
