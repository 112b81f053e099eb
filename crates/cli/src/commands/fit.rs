//! `brickwork models fit` and `brickwork models options`.

use std::path::Path;

use brickwork_app::{App, FitMachineView, FitRequest, FitView, ModelFitView, RoleOptions, RunFitView, Verdict};
use serde_json::{Value, json};

use super::read_pipeline;
use crate::args::{FitArgs, OptionsArgs, Switch};
use crate::exit::Failure;

/// Characters of a bar.
const BAR_WIDTH: u64 = 30;

/// Prints what models take of memory.
pub(crate) async fn fit(app: &App, args: FitArgs) -> Result<(), Failure> {
    let request = FitRequest { context_tokens: args.context, gpu_layers: args.gpu_layers, ..FitRequest::default() };
    let mut views = Vec::new();
    match &args.what {
        Some(what) if is_pipeline(app, what)? => {
            let pipeline = read_pipeline(app, what)?;
            views.push(app.fit(FitRequest { pipeline: Some(pipeline), ..request }).await?);
        }
        Some(what) => views.push(app.fit(FitRequest { model: Some(what.clone()), ..request }).await?),
        None => {
            for role in app.models().await?.models.into_iter().filter(|role| role.binding.present) {
                views.push(app.fit(FitRequest { model: Some(role.name.to_owned()), ..request.clone() }).await?);
            }
        }
    }
    if args.json {
        let document: Value = match &views[..] {
            [one] if args.what.is_some() => serde_json::to_value(one)?,
            all => json!({ "fits": all }),
        };
        println!("{document}");
        return Ok(());
    }
    views.iter().for_each(print);
    Ok(())
}

/// Sets how a role's model is computed.
pub(crate) async fn options(app: &App, args: OptionsArgs) -> Result<(), Failure> {
    let OptionsArgs { role, device, gpu_layers, context, rpc_servers, cache_type, flash_attention, draft_model, json } =
        args;
    let flash_attention = flash_attention.map(|switch| switch == Switch::On);
    let options = RoleOptions {
        device,
        gpu_layers,
        context_tokens: context,
        rpc_servers,
        cache_type,
        flash_attention,
        draft_model,
    };
    let view = app.set_role_options(&role, options).await?;
    if json {
        println!("{}", serde_json::to_string(&view)?);
        return Ok(());
    }
    for role in view.models {
        let RoleOptions { device, gpu_layers, context_tokens, rpc_servers, cache_type, flash_attention, draft_model } =
            role.options;
        let device = device.unwrap_or_else(|| "any device".to_owned());
        let layers = gpu_layers.map_or_else(|| "as many as fit".to_owned(), |layers| layers.to_string());
        let context = context_tokens.map_or_else(|| "the model's own".to_owned(), |tokens| tokens.to_string());
        let spread =
            if rpc_servers.is_empty() { String::new() } else { format!(", SPREAD OVER {}", rpc_servers.join(", ")) };
        let cache = cache_type.map_or_else(String::new, |cache_type| format!(", cache: {}", cache_type.name()));
        let draft = draft_model.map_or_else(String::new, |id| format!(", guesses by {id}"));
        let flash = match flash_attention {
            None => "",
            Some(true) => ", flash attention on",
            Some(false) => ", flash attention off",
        };
        println!("{:<10} {device}, GPU layers: {layers}, context: {context}{cache}{flash}{draft}{spread}", role.name);
    }
    Ok(())
}

/// Whether `what` names a pipeline: a JSON file, standard input or a template.
fn is_pipeline(app: &App, what: &str) -> Result<bool, Failure> {
    let is_json = Path::new(what).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    Ok(what == "-" || is_json || app.templates()?.iter().any(|template| template.id == what))
}

fn print(view: &FitView) {
    let FitMachineView { total_bytes, available_bytes, held_bytes, .. } = view.machine;
    let total = total_bytes.unwrap_or(0);
    for model in &view.models {
        print_model(model, total);
    }
    if let Some(run) = &view.run {
        print_run(run);
    }
    if let (Some(total), Some(available)) = (total_bytes, available_bytes) {
        let room = available.saturating_add(held_bytes).min(total);
        println!("{:<36} {} {:>8} MiB", "free for models", bar(room, total, '.'), room >> 20);
    }
}

fn print_model(model: &ModelFitView, total_bytes: u64) {
    let verdict = match model.verdict {
        Verdict::Fits => "fits",
        Verdict::Tight => "fits tightly",
        Verdict::DoesNotFit => "DOES NOT FIT",
        Verdict::Spread => "more than fits here; spread over other machines",
        Verdict::NotHere => "not run on this machine",
        Verdict::Unreadable => "cannot be read",
    };
    if matches!(model.verdict, Verdict::NotHere | Verdict::Unreadable) {
        println!("{:<36} {verdict}", model.id);
        model.problem.iter().for_each(|problem| println!("  {problem}"));
        return;
    }
    println!(
        "{:<36} {} {:>8} MiB  {verdict}",
        model.id,
        bar(model.machine.total_bytes, total_bytes, '#'),
        model.machine.total_bytes >> 20
    );
    let share = model.machine;
    println!(
        "  weights {} MiB, context of {} tokens {} MiB, computing {} MiB, rest {} MiB",
        share.weights_bytes >> 20,
        model.context_tokens,
        share.kv_bytes >> 20,
        share.compute_bytes >> 20,
        share.other_bytes >> 20
    );
    if model.gpu.total_bytes > 0 {
        println!("  on GPUs: {} layers, {} MiB", model.gpu_layers, model.gpu.total_bytes >> 20);
    }
    match (model.longest_context_tokens, model.model_context_tokens) {
        (Some(longest), Some(own)) if u64::from(longest) < own => {
            println!("  the longest context that fits: {longest} of {own} tokens");
        }
        _ => {}
    }
    model.advice.iter().for_each(|advice| println!("  {}", advice.text));
}

fn print_run(run: &RunFitView) {
    println!("Steps in their order");
    for step in &run.steps {
        let loads = if step.loads { "loads" } else { "has" };
        let frees = if step.frees.is_empty() { String::new() } else { format!(", frees {}", step.frees.join(", ")) };
        println!(
            "  {:<28} {loads} {} ({} MiB in memory{frees})",
            step.step_name,
            step.model_id,
            step.total_bytes >> 20
        );
    }
    let fits = if run.fits { "fits" } else { "DOES NOT FIT" };
    let stay = if run.all_stay { "all models stay in memory" } else { "models give way to each other" };
    println!("At most {} MiB at once ({fits}), {} loads, {stay}", run.peak_bytes >> 20, run.model_loads);
}

/// A bar for `part` of `whole`; a part above the whole fills it and ends with `>`.
fn bar(part: u64, whole: u64, mark: char) -> String {
    let filled = part.saturating_mul(BAR_WIDTH).checked_div(whole).unwrap_or(0);
    let mut text: String = (0..BAR_WIDTH).map(|at| if at < filled { mark } else { ' ' }).collect();
    if filled > BAR_WIDTH {
        text.pop();
        text.push('>');
    }
    format!("[{text}]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_show_parts() {
        assert_eq!(bar(0, 100, '#').trim_matches(['[', ']']).trim(), "");
        assert_eq!(bar(50, 100, '#').matches('#').count(), 15);
        assert_eq!(bar(100, 100, '#').matches('#').count(), 30);
        assert!(bar(200, 100, '#').ends_with(">]"));
        assert_eq!(bar(5, 0, '#').len(), 32);
    }
}
