//! `brickwork pipelines`.

use brickwork_app::{App, NewPipeline, PipelineUpdate, SavedPipeline, VersionLabel, VersionSummary, pipeline_id_of};
use serde_json::json;

use super::read_pipeline;
use crate::args::{PipelinesCommand, SavePipelineArgs};
use crate::exit::Failure;

/// Lists, saves, prints or deletes saved pipelines.
pub(crate) async fn pipelines(app: &App, command: PipelinesCommand) -> Result<(), Failure> {
    match command {
        PipelinesCommand::List { project, json } => {
            let pipelines = app.pipelines(project).await?;
            if json {
                println!("{}", json!({ "pipelines": pipelines }));
                return Ok(());
            }
            for one in &pipelines {
                println!(
                    "{}  {}  version {}  {} steps  {}",
                    one.id, one.updated_at, one.version, one.total_steps, one.name
                );
            }
            if pipelines.is_empty() {
                println!("No saved pipelines yet. Save one with `brickwork pipelines save FILE`.");
            }
        }
        PipelinesCommand::Save(args) => save(app, args).await?,
        PipelinesCommand::Show { pipeline, version, json } => show(app, &pipeline, version, json).await?,
        PipelinesCommand::Versions { pipeline, version: Some(version), label, json } => {
            let label = label.filter(|label| !label.is_empty());
            let one = app.label_version(pipeline_id_of(&pipeline)?, version, VersionLabel { label }).await?;
            if json { println!("{}", serde_json::to_string(&one)?) } else { print_version(one) }
        }
        PipelinesCommand::Versions { pipeline, json, .. } => {
            let versions = app.pipeline_versions(pipeline_id_of(&pipeline)?).await?;
            if json {
                println!("{}", json!({ "versions": versions }));
                return Ok(());
            }
            versions.into_iter().for_each(print_version);
        }
        PipelinesCommand::Delete { pipeline, json } => {
            let id = pipeline_id_of(&pipeline)?;
            app.delete_pipeline(id).await?;
            if json { println!("{}", json!({ "deleted": id })) } else { println!("Deleted pipeline {id}") }
        }
    }
    Ok(())
}

fn print_version(one: VersionSummary) {
    let label = one.label.map(|label| format!("  {label}")).unwrap_or_default();
    let origin = one.restored_from.map(|from| format!("  (version {from} again)")).unwrap_or_default();
    println!("{:>4}  {}  {} runs{label}{origin}", one.version, one.created_at, one.runs);
}

async fn save(app: &App, args: SavePipelineArgs) -> Result<(), Failure> {
    let SavePipelineArgs { pipeline, project, id, base_version, label, json } = args;
    let document = read_pipeline(app, &pipeline)?;
    let saved = match id {
        Some(id) => app.update_pipeline(pipeline_id_of(&id)?, PipelineUpdate { document, label, base_version }).await?,
        None => app.save_pipeline(NewPipeline { project_id: project, document, label }).await?,
    };
    if json {
        println!("{}", serde_json::to_string(&saved)?);
    } else {
        let SavedPipeline { id, version, name, .. } = saved;
        println!("Saved {name} as version {version} of pipeline {id}");
    }
    Ok(())
}

async fn show(app: &App, pipeline: &str, version: Option<u32>, json: bool) -> Result<(), Failure> {
    let id = pipeline_id_of(pipeline)?;
    let (whole, document) = match version {
        Some(version) => {
            let saved = app.pipeline_version(id, version).await?;
            (serde_json::to_string(&saved)?, saved.document)
        }
        None => {
            let saved = app.pipeline(id).await?;
            (serde_json::to_string(&saved)?, saved.document)
        }
    };
    println!("{}", if json { whole } else { serde_json::to_string_pretty(&document)? });
    Ok(())
}
