//! `brickwork preview`.

use brickwork_app::{App, DEFAULT_PROJECT_ID, PreviewRequest, PreviewStepView, PreviewView};

use super::run::with_context;
use super::{find_run, read_pipeline};
use crate::args::PreviewArgs;
use crate::exit::Failure;

/// Prints the budgets of a pipeline's steps, or the text of one of them.
pub(crate) async fn preview(app: &App, args: PreviewArgs) -> Result<(), Failure> {
    let pipeline = with_context(read_pipeline(app, &args.pipeline)?, &args.context)?;
    let run_id = match &args.run {
        Some(name) => Some(find_run(app, name).await?),
        None => None,
    };
    let request = PreviewRequest { pipeline, step: args.step.clone(), run_id };
    let view = app.preview(args.project.unwrap_or(DEFAULT_PROJECT_ID), request).await?;
    if args.json {
        println!("{}", serde_json::to_string(&view)?);
        return Ok(());
    }
    match args.step.as_deref().and_then(|name| view.steps.iter().find(|step| step.step_name == name)) {
        Some(step) => print_text(step),
        None => {
            print_budgets(&view);
            Ok(())
        }
    }
}

fn print_text(step: &PreviewStepView) -> Result<(), Failure> {
    match (&step.text, &step.problem) {
        (Some(text), _) => {
            println!("{text}");
            Ok(())
        }
        (None, Some(problem)) => Err(Failure::failed(problem.message.clone())),
        (None, None) => Err(Failure::failed("The text could not be laid out.")),
    }
}

fn print_budgets(view: &PreviewView) {
    println!("{:<28} {:<28} {:>8} {:>8} {:>8}  fits", "step", "model", "prompt", "output", "window");
    for name in &view.order {
        let Some(step) = view.steps.iter().find(|step| step.step_name == *name) else { continue };
        let model = step.model.as_ref().map_or("none", |model| &model.id);
        // What is not known yet makes the prompt an upper bound.
        let bound = if step.unknown_tokens > 0 { "≤" } else { "" };
        let prompt = step.prompt_tokens.map_or_else(|| "?".to_owned(), |tokens| format!("{bound}{tokens}"));
        let window = step.context_length.map_or_else(|| "-".to_owned(), |tokens| tokens.to_string());
        let fits = match step.fits {
            Some(true) => "yes",
            Some(false) => "NO",
            None => "-",
        };
        println!("{name:<28} {model:<28} {prompt:>8} {:>8} {window:>8}  {fits}", step.max_tokens);
        for note in step.problem.iter().map(|problem| &problem.message).chain(&step.warnings) {
            println!("  {note}");
        }
    }
    let total = view.total_prompt_tokens.map_or_else(|| "?".to_owned(), |tokens| tokens.to_string());
    let plural = if view.model_loads == 1 { "" } else { "s" };
    println!(
        "{:<28} {:<28} {total:>8} {:>8}",
        "total",
        format!("{} model load{plural}", view.model_loads),
        view.total_max_tokens
    );
}
