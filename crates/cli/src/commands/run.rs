//! `brickwork run`.

use std::io::IsTerminal;
use std::path::Path;

use brickwork_app::{App, DEFAULT_PROJECT_ID, ExportRequest, ExportResult, Role, RunStatus, RunView, StartRun};
use futures::StreamExt;
use serde_json::{Map, Value, json};

use super::{read_pipeline, read_text};
use crate::args::{ContextArgs, FollowArgs, RunArgs};
use crate::exit::Failure;
use crate::progress::Progress;
use crate::signals::Interrupts;

/// Runs a pipeline to its end and, with `--out`, exports its files.
pub(crate) async fn run(app: &App, args: RunArgs) -> Result<(), Failure> {
    let body = pipeline_body(app, &args)?;
    let project_id = args.project.unwrap_or(DEFAULT_PROJECT_ID);
    let request = StartRun { project_id, body: &body, idempotency_key: None };
    let accepted = app.start_run(request).await?.run;
    follow(app, &accepted, &args.follow).await
}

/// Follows a run to its end, and does with it what `args` say.
pub(crate) async fn follow(app: &App, accepted: &RunView, args: &FollowArgs) -> Result<(), Failure> {
    let ended = watch(app, accepted, args.json).await?;
    let exported = match &args.out {
        Some(dir) if ended.status == RunStatus::Success && !ended.final_artifacts.is_empty() => {
            Some(export(app, &ended, dir).await?)
        }
        _ => None,
    };
    let result = json!({ "run": ended, "export": exported });
    if let Some(file) = &args.result_file {
        let text = serde_json::to_string_pretty(&result)?;
        std::fs::write(file, text)
            .map_err(|error| Failure::failed(format!("{} cannot be written: {error}.", file.display())))?;
    }
    if args.json {
        println!("{result}");
    } else {
        report(&ended, exported.as_ref());
    }
    match ended.status {
        RunStatus::Success if args.out.is_some() && exported.is_none() => Err(Failure::failed(format!(
            "The run made no files, so nothing was exported. Look at its output with `brickwork runs show {}`, or run \
             it again with another --seed.",
            ended.run_id
        ))),
        RunStatus::Success => Ok(()),
        RunStatus::Cancelled => Err(Failure::cancelled()),
        _ => Err(Failure::failed(ended.error.unwrap_or_else(|| "The run did not end.".into()))),
    }
}

/// Follows the run until it ends, whichever program carries it out. Ctrl+C cancels it; a second one ends the program at
/// once.
async fn watch(app: &App, accepted: &RunView, json: bool) -> Result<RunView, Failure> {
    let mut events = app.events(accepted.run_id, 0).await?;
    let mut progress = Progress::new(accepted, std::io::stderr().is_terminal());
    let mut interrupted = false;
    // One listener for all the time: a signal that came while an event was shown would otherwise be lost.
    let mut interrupts = Interrupts::listen()?;
    loop {
        tokio::select! {
            event = events.next() => {
                let Some(event) = event else { break };
                if json {
                    println!("{}", serde_json::to_string(&event)?);
                } else {
                    progress.show(&event);
                }
            }
            () = interrupts.next() => {
                if interrupted {
                    return Err(Failure::cancelled());
                }
                interrupted = true;
                eprintln!("\nCancelling …");
                let (app, run_id) = (app.clone(), accepted.run_id);
                // A run that ended in this very moment needs no cancelling.
                tokio::spawn(async move { drop(app.cancel_run(run_id).await) });
            }
        }
    }
    progress.finish();
    Ok(app.wait(accepted.run_id).await?)
}

async fn export(app: &App, run: &RunView, dir: &Path) -> Result<ExportResult, Failure> {
    let folder = std::path::absolute(dir)
        .map_err(|error| Failure::invalid(format!("{} is no usable folder: {error}.", dir.display())))?;
    let request = ExportRequest { folder: folder.display().to_string(), ..ExportRequest::default() };
    Ok(app.export(run.run_id, &request).await?)
}

fn report(run: &RunView, exported: Option<&ExportResult>) {
    if run.simulated {
        println!("Simulated: the scripted placeholder answered, no model was run.");
    }
    if !run.final_artifacts.is_empty() {
        println!("Files of run {}:", run.run_id);
        for artifact in &run.final_artifacts {
            println!("  {:<40} {:>8} bytes", artifact.name, artifact.content.len());
        }
    } else if run.status == RunStatus::Success {
        println!("Run {} made no files. `brickwork runs show {}` prints its output.", run.run_id, run.run_id);
    }
    if let Some(exported) = exported {
        println!("Exported to {}:", exported.folder);
        for file in &exported.written {
            println!("  wrote   {} ({} bytes)", file.name, file.size_bytes);
        }
        for file in &exported.skipped {
            println!("  skipped {}: {}", file.name, file.reason);
        }
    }
}

/// The pipeline with the command line's values in its global context, and with its seed.
fn pipeline_body(app: &App, args: &RunArgs) -> Result<Value, Failure> {
    let mut body = with_context(read_pipeline(app, &args.pipeline)?, &args.context)?;
    if let Some(seed) = args.seed {
        seed_open_steps(&mut body, seed);
    }
    Ok(body)
}

/// A pipeline with the command line's values in its global context.
pub(crate) fn with_context(mut body: Value, args: &ContextArgs) -> Result<Value, Failure> {
    let mut added = Map::new();
    if let Some(file) = &args.context {
        let name = file.display().to_string();
        let value: Value = serde_json::from_str(&read_text(&name)?)
            .map_err(|error| Failure::invalid(format!("`{name}` is no JSON: {error}.")))?;
        let Value::Object(values) = value else {
            return Err(Failure::invalid(format!(
                "`{name}` holds no JSON object. Give one, e.g. {{\"key\": \"value\"}}."
            )));
        };
        added.extend(values);
    }
    for setting in &args.set {
        let (key, value) = split_setting("--set", setting)?;
        added.insert(key.into(), serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.into())));
    }
    for setting in &args.set_file {
        let (key, path) = split_setting("--set-file", setting)?;
        added.insert(key.into(), Value::String(read_text(path)?));
    }
    if !added.is_empty()
        && let Some(context) = object_at(&mut body, "global_context")
    {
        context.extend(added);
    }
    Ok(body)
}

/// Sets the seed of the steps and of the Assembler where the pipeline leaves it open. What is no pipeline stays as it is:
/// validation tells what is wrong with it.
fn seed_open_steps(body: &mut Value, seed: u32) {
    for step in body.get_mut("steps").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(parameters) = object_at(step, "parameters") {
            parameters.entry("seed").or_insert_with(|| seed.into());
        }
    }
    let Some(assembler) = object_at(body, "assembler") else { return };
    let recommended = serde_json::to_value(Role::Assembler.recommended_parameters()).unwrap_or_default();
    if let Some(parameters) = assembler.entry("parameters").or_insert(recommended).as_object_mut() {
        parameters.entry("seed").or_insert_with(|| seed.into());
    }
}

/// The object at `key` of an object, made empty when missing; `None` where something else is there.
fn object_at<'a>(value: &'a mut Value, key: &str) -> Option<&'a mut Map<String, Value>> {
    value.as_object_mut()?.entry(key).or_insert_with(|| Value::Object(Map::new())).as_object_mut()
}

fn split_setting<'a>(flag: &str, setting: &'a str) -> Result<(&'a str, &'a str), Failure> {
    setting
        .split_once('=')
        .filter(|(key, _)| !key.is_empty())
        .ok_or_else(|| Failure::invalid(format!("`{flag} {setting}` has no `=`. Write {flag} KEY=VALUE.")))
}
