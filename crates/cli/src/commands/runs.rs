//! `brickwork runs`.

use brickwork_app::{
    App, QueueHolder, QueueView, RerunAction, RerunCode, RerunPlan, RerunReason, RerunRequest, RunListRequest,
    RunSummary, RunView, StepView, run_id_of,
};

use super::{find_run, read_pipeline, run};
use crate::args::RunsCommand;
use crate::exit::Failure;

/// Looks at runs, or steers one.
pub(crate) async fn runs(app: &App, command: RunsCommand) -> Result<(), Failure> {
    match command {
        RunsCommand::List { limit, search, favourite, pipeline, json } => {
            let is_filtered = search.is_some() || favourite || pipeline.is_some();
            let request = RunListRequest {
                limit: Some(limit),
                text: search,
                favourite,
                pipeline_id: pipeline,
                ..RunListRequest::default()
            };
            let page = app.runs(request).await?;
            if json {
                println!("{}", serde_json::to_string(&page)?);
                return Ok(());
            }
            for run in &page.runs {
                print_line(run);
            }
            if page.runs.is_empty() && is_filtered {
                println!("No run is like that.");
            } else if page.runs.is_empty() {
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
        RunsCommand::Queue { json } => {
            let queue = app.queue().await?;
            if json {
                println!("{}", serde_json::to_string(&queue)?);
            } else {
                print_queue(&queue);
            }
        }
        RunsCommand::Move { run, before } => {
            let run = find_run(app, &run).await?;
            let before = match before {
                Some(before) => Some(find_run(app, &before).await?),
                None => None,
            };
            print_queue(&app.move_run(run, before).await?);
        }
        RunsCommand::Follow { run, follow } => {
            let run = app.run(find_run(app, &run).await?).await?;
            return run::follow(app, &run, &follow).await;
        }
        RunsCommand::Cancel { run } => {
            let run = app.cancel_run(find_run(app, &run).await?).await?;
            println!("Run {} is {}.", run.run_id, run.status.as_str());
        }
        RunsCommand::Pause { run } => {
            let run = app.pause_run(find_run(app, &run).await?).await?;
            let when = if run.paused { "is paused" } else { "pauses after its running step" };
            println!("Run {} {when}. `brickwork runs resume {}` goes on with it.", run.run_id, run.run_id);
        }
        RunsCommand::Resume { run, follow } => {
            let run = app.resume_run(find_run(app, &run).await?).await?;
            return run::follow(app, &run, &follow).await;
        }
        RunsCommand::Rerun { run, from, pipeline, keep_unchanged, follow } => {
            let pipeline = pipeline.map(|file| read_pipeline(app, &file)).transpose()?;
            let run = find_run(app, &run).await?;
            let request = RerunRequest { from, pipeline, keep_unchanged };
            if keep_unchanged {
                print_plan(&app.plan_rerun(run, request.clone()).await?);
            }
            let run = app.rerun(run, request).await?;
            return run::follow(app, &run, &follow).await;
        }
        RunsCommand::Delete { run, forever, json } => delete(app, &run, forever, json).await?,
        RunsCommand::Restore { run, json } => {
            let run = app.restore_run(run_id_of(&run)?).await?;
            if json {
                println!("{}", serde_json::to_string(&run)?);
            } else {
                println!("Run {} is back: {}.", run.run_id, run.name);
            }
        }
    }
    Ok(())
}

/// Says on the error stream why steps run again, since standard output belongs to the result.
fn print_plan(plan: &RerunPlan) {
    for step in plan.steps.iter().filter(|step| step.action == RerunAction::Run) {
        let reasons: Vec<String> = step
            .reasons
            .iter()
            .map(|RerunReason { code, detail }| match detail {
                Some(detail) => format!("{} ({detail})", reason(*code)),
                None => reason(*code).to_owned(),
            })
            .collect();
        eprintln!("{} runs: {}", step.step_name, reasons.join(", "));
    }
}

const fn reason(code: RerunCode) -> &'static str {
    match code {
        RerunCode::Asked => "as asked",
        RerunCode::NewStep => "it is new",
        RerunCode::NotFinished => "it did not end well",
        RerunCode::ModelChanged => "another model serves it",
        RerunCode::ParametersChanged => "its parameters changed",
        RerunCode::GateChanged => "its gate changed",
        RerunCode::ModeChanged => "the pieces are joined in another way",
        RerunCode::RoleChanged => "its role changed",
        RerunCode::PromptChanged => "its prompt changed",
        RerunCode::ContextChanged => "its context changed",
        RerunCode::FilesChanged => "its files changed",
        RerunCode::InputsChanged => "it reads other steps",
        RerunCode::InputRunsAgain => "a step that it reads runs again",
        RerunCode::OutputEditedInput => "the output of a step that it reads was edited",
    }
}

async fn delete(app: &App, run: &str, forever: bool, json: bool) -> Result<(), Failure> {
    let run = find_run(app, run).await?;
    if forever {
        app.delete_run_forever(run).await?;
    } else {
        app.delete_run(run).await?;
    }
    if json {
        println!("{}", serde_json::json!({ "deleted": run, "forever": forever }));
    } else if forever {
        println!("Run {run} is deleted for good.");
    } else {
        println!("Run {run} is in the trash for a week. `brickwork runs restore {run}` brings it back.");
    }
    Ok(())
}

fn print_line(run: &RunSummary) {
    println!(
        "{}  {}  {:<9} {}/{} steps  {} files  {}{}{}",
        run.run_id,
        run.created_at,
        run.status.as_str(),
        run.finished_steps,
        run.total_steps,
        run.artifacts,
        run.name,
        mark(run.interrupted, run.paused),
        if run.favourite { " (favourite)" } else { "" },
    );
    if let Some(snippet) = &run.snippet {
        let text: String = snippet.iter().map(|part| part.text.as_str()).collect();
        println!("    {text}");
    }
}

fn print_queue(queue: &QueueView) {
    let sections = [
        ("Running", &queue.running),
        ("Waiting, in this order", &queue.waiting),
        ("Paused or interrupted", &queue.held),
    ];
    for (title, runs) in sections.into_iter().filter(|(_, runs)| !runs.is_empty()) {
        println!("{title}");
        runs.iter().for_each(print_line);
    }
    if queue.running.is_empty() && queue.waiting.is_empty() && queue.held.is_empty() {
        println!("Nothing runs or waits.");
    } else if queue.holder == QueueHolder::None {
        println!("No program carries runs out: open the window, or start `brickwork serve`.");
    }
}

const fn mark(interrupted: bool, paused: bool) -> &'static str {
    match (interrupted, paused) {
        (true, _) => " (interrupted)",
        (_, true) => " (paused)",
        _ => "",
    }
}

fn show(run: &RunView) {
    let mark = match (run.interrupted, run.paused) {
        (true, _) => " (interrupted: the program that carried it out ended before it did)",
        (_, true) => " (paused: `brickwork runs resume` goes on with it)",
        _ => "",
    };
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
    let sent = step.remote_host.as_ref().map_or_else(String::new, |host| format!(", sent to {host}"));
    let reused = step.reused_from.map_or_else(String::new, |run| format!(" · taken over from run {run}"));
    println!(
        "\n== {} · {} on {}{simulated}{sent} · {} · {:.1} s{reused}",
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
