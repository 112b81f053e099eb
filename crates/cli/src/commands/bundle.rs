//! `brickwork bundle`.

use std::path::{Path, PathBuf};

use brickwork_app::{
    App, BundleBindingOutcome, BundleExportRequest, BundleImportReport, BundleImportRequest, BundleModelOutcome,
    BundlePipelineOutcome,
};
use serde_json::json;
use uuid::Uuid;

use super::file_work::follow;
use super::read_pipeline;
use crate::args::{BundleCommand, ExportBundleArgs, ImportBundleArgs};
use crate::exit::Failure;

/// Writes or reads a bundle.
pub(crate) async fn bundle(app: &App, command: BundleCommand) -> Result<(), Failure> {
    match command {
        BundleCommand::Export(args) => export(app, args).await,
        BundleCommand::Import(args) => import(app, args).await,
    }
}

async fn export(app: &App, args: ExportBundleArgs) -> Result<(), Failure> {
    let ExportBundleArgs { file, pipelines, with_models, json } = args;
    let path = absolute(&file)?.display().to_string();
    let mut request = BundleExportRequest { path: path.clone(), with_models, ..BundleExportRequest::default() };
    for name in &pipelines {
        match Uuid::parse_str(name) {
            Ok(id) => request.pipelines.push(id),
            Err(_) => request.documents.push(read_pipeline(app, name)?),
        }
    }
    let work = app.export_bundle(request).await?;
    let manifest = follow(app, work).await?;
    if json {
        println!("{}", json!({ "path": path, "manifest": manifest }));
        return Ok(());
    }
    println!("Wrote {path}");
    for pipeline in &manifest.pipelines {
        println!("  pipeline {}", pipeline.name);
    }
    for model in &manifest.models {
        let how = if model.included { "included" } else { "named only" };
        println!("  model {} ({} MB, {how})", model.path, model.size_bytes / 1_000_000);
    }
    Ok(())
}

async fn import(app: &App, args: ImportBundleArgs) -> Result<(), Failure> {
    let ImportBundleArgs { file, project, bind, dry_run, json } = args;
    let path = absolute(&file)?.display().to_string();
    let request = BundleImportRequest { path, project_id: project, bind };
    let report = if dry_run {
        app.plan_bundle_import(request).await?
    } else {
        let work = app.import_bundle(request).await?;
        follow(app, work).await?
    };
    if json {
        println!("{}", serde_json::to_string(&report)?)
    } else {
        print_report(&report, dry_run)
    }
    Ok(())
}

fn print_report(report: &BundleImportReport, dry_run: bool) {
    println!("{}, made on {} by Brickwork {}", report.path, report.made_at, report.program_version);
    for pipeline in &report.pipelines {
        let outcome = match pipeline.outcome {
            BundlePipelineOutcome::New if dry_run => "would be saved",
            BundlePipelineOutcome::New => "saved",
            BundlePipelineOutcome::AlreadyThere => "is there already",
        };
        println!("  pipeline {}: {outcome}", pipeline.name);
    }
    for model in &report.models {
        let outcome = match model.outcome {
            BundleModelOutcome::New if dry_run => "would be taken in".to_owned(),
            BundleModelOutcome::New => "taken in".to_owned(),
            BundleModelOutcome::AlreadyThere => "is there already".to_owned(),
            BundleModelOutcome::NameTaken => "another model has its name: rename yours first".to_owned(),
            BundleModelOutcome::Missing => {
                let from = model.repository.as_deref().unwrap_or("a repository that is not known");
                format!("not in the bundle; get it from {from}, SHA-256 {}", model.sha256.join(", "))
            }
        };
        println!("  model {} ({} MB): {outcome}", model.id, model.size_bytes / 1_000_000);
    }
    for binding in &report.bindings {
        if binding.outcome == BundleBindingOutcome::Bound {
            let verb = if dry_run { "would get" } else { "has" };
            println!("  {} {verb} {}", binding.role, binding.model_id);
        }
    }
}

fn absolute(file: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(file)
        .map_err(|error| Failure::invalid(format!("{} is no usable path: {error}.", file.display())))
}
