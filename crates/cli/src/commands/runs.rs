//! `brickwork runs`.

use brickwork_app::{App, RunListRequest, RunView, StepView};

use super::find_run;
use crate::args::RunsCommand;
use crate::exit::Failure;

/// Lists runs, or shows one.
pub(crate) async fn runs(app: &App, command: RunsCommand) -> Result<(), Failure> {
    match command {
        RunsCommand::List { limit, text, json } => {
            let page = app.runs(RunListRequest { limit: Some(limit), text, ..RunListRequest::default() }).await?;
            if json {
                println!("{}", serde_json::to_string(&page)?);
                return Ok(());
            }
            for run in &page.runs {
                let mark = if run.interrupted { " (interrupted)" } else { "" };
                println!(
                    "{}  {}  {:<9} {}/{} steps  {} files  {}{mark}",
                    run.run_id,
                    run.created_at,
                    run.status.as_str(),
                    run.finished_steps,
                    run.total_steps,
                    run.artifacts,
                    run.name
                );
            }
            if page.runs.is_empty() {
                println!("No runs yet. Start one with `brickwork run PIPELINE`.");
            }
        }
        RunsCommand::Show { run, json } => {
            let run = app.run(find_run(app, &run).await?).await?;
            if json {
                println!("{}", serde_json::to_string(&run)?);
            } else {
                show(&run);
            }
        }
    }
    Ok(())
}

fn show(run: &RunView) {
    let mark = if run.interrupted { " (interrupted: the program that carried it out ended before it did)" } else { "" };
    println!("{} · {}{mark}", run.name, run.status.as_str());
    println!("run {} of project {}", run.run_id, run.project_id);
    if let Some(error) = &run.error {
        println!("{error}");
    }
    for step in run.steps.iter().chain([&run.assembler]) {
        show_step(step);
    }
    if !run.final_artifacts.is_empty() {
        println!("\nFiles");
        for artifact in &run.final_artifacts {
            println!("  {} ({} bytes)", artifact.name, artifact.content.len());
        }
    }
}

fn show_step(step: &StepView) {
    let simulated = if step.simulated { ", simulated" } else { "" };
    println!(
        "\n== {} · {} on {}{simulated} · {} · {:.1} s",
        step.step_name,
        step.model_type.name(),
        step.model.id,
        step.status.as_str(),
        step.execution_time
    );
    if let Some(error) = &step.error {
        println!("{error}");
    }
    if !step.result.is_empty() {
        println!("{}", step.result.trim_end());
    }
}
