//! `brickwork models found|import|verify|rm|mv|relocate|usage`.

use std::path::Path;

use brickwork_app::{
    App, CheckedAgainst, CheckedState, FoundModelsView, ImportMode, ModelImportRequest, ModelRelocateRequest,
    ModelRenameRequest, ModelVerifyRequest, ModelsUsageView,
};

use super::file_work::follow;
use crate::args::{ImportModelArgs, RelocateModelArgs, RemoveModelArgs, RenameModelArgs, VerifyModelArgs};
use crate::exit::Failure;

/// Lists the models that other programs hold.
pub(crate) async fn found(app: &App, json: bool) -> Result<(), Failure> {
    let view = app.found_models().await?;
    if json {
        println!("{}", serde_json::to_string(&view)?)
    } else {
        print_found(&view)
    }
    Ok(())
}

fn absolute(path: &Path) -> Result<String, Failure> {
    let absolute = std::path::absolute(path);
    let absolute =
        absolute.map_err(|error| Failure::invalid(format!("{} is no usable path: {error}.", path.display())))?;
    Ok(absolute.display().to_string())
}

/// Takes a model of this machine into the list.
pub(crate) async fn import(app: &App, args: ImportModelArgs) -> Result<(), Failure> {
    let ImportModelArgs { path, copy, move_it, name, json } = args;
    let path = absolute(&path)?;
    let mode = match (copy, move_it) {
        (true, _) => ImportMode::Copy,
        (_, true) => ImportMode::Move,
        _ => ImportMode::Link,
    };
    let request = ModelImportRequest { path, mode, name };
    let work = app.import_model(request).await?;
    let report = follow(app, work).await?;
    if json {
        println!("{}", serde_json::to_string(&report)?);
        return Ok(());
    }
    for model in &report.models {
        let verb = match mode {
            _ if model.already_there => "was there already",
            ImportMode::Link => "is used where it lies",
            ImportMode::Copy => "was copied",
            ImportMode::Move => "was moved",
        };
        println!("{} {verb}: {}", model.id, model.path.display());
    }
    for refused in &report.refused {
        println!("left out {}: {}", refused.path.display(), refused.reason);
    }
    Ok(())
}

/// Compares a model with its checksum.
pub(crate) async fn verify(app: &App, args: VerifyModelArgs) -> Result<(), Failure> {
    let VerifyModelArgs { model, accept, json } = args;
    let work = app.verify_model(ModelVerifyRequest { id: model, accept }).await?;
    let report = follow(app, work).await?;
    if json {
        println!("{}", serde_json::to_string(&report)?);
        return Ok(());
    }
    for file in &report.files {
        let against = match file.against {
            CheckedAgainst::Hub => "it is what the hub gave",
            CheckedAgainst::Catalog => "it is what the catalog says",
            CheckedAgainst::Program => "it is what the program that keeps it says",
            CheckedAgainst::Record => "it is as it was recorded",
            CheckedAgainst::Nothing if accept => "accepted and recorded",
            CheckedAgainst::Nothing => "there is nothing to compare it with; recorded",
        };
        println!("{}  {}: {against}", file.sha256, file.path.display());
    }
    Ok(())
}

/// Removes a model.
pub(crate) async fn remove(app: &App, args: RemoveModelArgs) -> Result<(), Failure> {
    let RemoveModelArgs { model, force, json } = args;
    let view = app.remove_model(&model, force).await?;
    if json {
        println!("{}", serde_json::to_string(&view)?)
    } else {
        println!("{model} is gone")
    }
    Ok(())
}

/// Gives a model another id.
pub(crate) async fn rename(app: &App, args: RenameModelArgs) -> Result<(), Failure> {
    let RenameModelArgs { model, name, json } = args;
    let view = app.rename_model(ModelRenameRequest { id: model.clone(), name: name.clone() }).await?;
    if json {
        println!("{}", serde_json::to_string(&view)?)
    } else {
        println!("{model} is now {name}")
    }
    Ok(())
}

/// Moves a model's files.
pub(crate) async fn relocate(app: &App, args: RelocateModelArgs) -> Result<(), Failure> {
    let RelocateModelArgs { model, folder, json } = args;
    let folder = folder.as_deref().map(absolute).transpose()?;
    let work = app.relocate_model(ModelRelocateRequest { id: model, folder }).await?;
    let moved = follow(app, work).await?;
    if json {
        println!("{}", serde_json::to_string(&moved)?)
    } else {
        println!("{} is at {} now", moved.id, moved.path.display())
    }
    Ok(())
}

/// Shows how much room models take.
pub(crate) async fn usage(app: &App, json: bool) -> Result<(), Failure> {
    let view = app.models_usage().await?;
    if json {
        println!("{}", serde_json::to_string(&view)?)
    } else {
        print_usage(&view)
    }
    Ok(())
}

fn print_found(view: &FoundModelsView) {
    for model in &view.models {
        let facts = [
            model.quantization.clone(),
            model.context_length.map(|tokens| format!("{tokens} tokens")),
            model.model_id.as_ref().map(|id| format!("listed as {id}")),
            model.problem.clone(),
        ];
        let facts: Vec<String> = facts.into_iter().flatten().collect();
        println!(
            "{:<18} {:<48} {:>7} MB  {}",
            model.program_title,
            model.name,
            model.size_bytes / 1_000_000,
            facts.join(", ")
        );
        println!("{:<18} {}", "", model.path);
    }
    for problem in &view.problems {
        println!("{}: {}: {}", problem.program, problem.path, problem.message);
    }
    if view.models.is_empty() {
        println!("No other program holds models here.");
    } else {
        println!("Use one where it lies with `brickwork models import PATH`.");
    }
}

fn print_usage(view: &ModelsUsageView) {
    println!("{}", view.models_dir);
    for model in &view.models {
        let place = if model.is_inside { "" } else { ", used in place" };
        let checked = match model.checked {
            CheckedState::Unrecorded => "not verified",
            CheckedState::Verified => "verified",
            CheckedState::Touched => "touched since it was verified",
            CheckedState::Changed => "CHANGED",
        };
        println!("  {:<36} {:>7} MB  {checked}{place}", model.id, model.size_bytes / 1_000_000);
    }
    for partial in &view.partial {
        println!("  unfinished: {} ({} MB)", partial.path, partial.size_bytes / 1_000_000);
    }
    let free = view.free_bytes.map_or_else(String::new, |free| format!(", {} MB free", free / 1_000_000));
    println!("Together {} MB{free}", view.total_bytes / 1_000_000);
    if let Some(problem) = &view.problem {
        println!("{problem}");
    }
}
