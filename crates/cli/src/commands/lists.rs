//! `brickwork models` and `brickwork templates`.

use brickwork_app::{App, ModelsView};
use serde_json::json;

use crate::args::{ModelsCommand, TemplatesCommand};
use crate::exit::Failure;

/// Lists or binds models.
pub(crate) async fn models(app: &App, command: ModelsCommand) -> Result<(), Failure> {
    match command {
        ModelsCommand::List { json: true } => println!("{}", serde_json::to_string(&app.models().await?)?),
        ModelsCommand::List { json: false } => print_models(&app.models().await?),
        ModelsCommand::Search(args) => super::pull::search(app, args).await?,
        ModelsCommand::Pull(args) => super::pull::pull(app, args).await?,
        ModelsCommand::Transfers(args) => super::pull::transfers(app, args).await?,
        ModelsCommand::Show { id, json } => super::model_file::show(app, &id, json).await?,
        ModelsCommand::Fit(args) => super::fit::fit(app, args).await?,
        ModelsCommand::Options(args) => super::fit::options(app, args).await?,
        ModelsCommand::Quantize(args) => super::quantize::quantize(app, args).await?,
        ModelsCommand::Bind(args) => print_models(&super::remote::bind(app, args).await?),
        ModelsCommand::Found { json } => super::model_files::found(app, json).await?,
        ModelsCommand::Import(args) => super::model_files::import(app, args).await?,
        ModelsCommand::Verify(args) => super::model_files::verify(app, args).await?,
        ModelsCommand::Rm(args) => super::model_files::remove(app, args).await?,
        ModelsCommand::Mv(args) => super::model_files::rename(app, args).await?,
        ModelsCommand::Relocate(args) => super::model_files::relocate(app, args).await?,
        ModelsCommand::Usage { json } => super::model_files::usage(app, json).await?,
    }
    Ok(())
}

fn print_models(view: &ModelsView) {
    println!("Roles");
    for role in &view.models {
        let mark = if role.binding.stand_in {
            " (stand-in: no model of its own is bound)"
        } else if role.binding.simulated {
            " (placeholder: output is simulated)"
        } else {
            ""
        };
        println!("  {:<10} {}{mark}", role.name, role.binding.id);
        if let Some(remote) = &role.binding.remote {
            let key = if remote.has_key { "with a key" } else { "without a key" };
            println!("             text is sent to {} ({key})", remote.host);
        }
        if let Some(problem) = &role.binding.problem {
            println!("             {problem}");
        }
    }
    println!("Files");
    for file in &view.files {
        let facts = [
            file.architecture.clone(),
            file.quantization.clone(),
            file.context_length.map(|tokens| format!("{tokens} tokens")),
            file.problem.clone(),
        ];
        let facts: Vec<String> = facts.into_iter().flatten().collect();
        println!("  {:<36} {:>7} MB  {}", file.id, file.size_bytes / 1_000_000, facts.join(", "));
    }
    if view.files.is_empty() {
        println!("  none");
    }
}

/// Lists the templates.
pub(crate) fn templates(app: &App, command: &TemplatesCommand) -> Result<(), Failure> {
    let TemplatesCommand::List { json } = command;
    let templates = app.templates()?;
    if *json {
        println!("{}", json!({ "templates": templates }));
        return Ok(());
    }
    for template in templates {
        println!("{:<28} {}", template.id, template.pipeline.name);
        println!("{:<28} {}", "", template.pipeline.description);
    }
    Ok(())
}
