//! One file a command.

pub(crate) mod artifacts;
pub(crate) mod bundle;
pub(crate) mod data;
pub(crate) mod doctor;
pub(crate) mod export;
pub(crate) mod extract;
pub(crate) mod file_work;
pub(crate) mod fit;
pub(crate) mod generate;
pub(crate) mod hub;
pub(crate) mod lend;
pub(crate) mod lists;
pub(crate) mod model_file;
pub(crate) mod model_files;
pub(crate) mod pipelines;
pub(crate) mod preview;
pub(crate) mod projects;
pub(crate) mod pull;
pub(crate) mod quantize;
pub(crate) mod remote;
pub(crate) mod reproduce;
pub(crate) mod run;
pub(crate) mod runs;
pub(crate) mod serve;
pub(crate) mod validate;

use std::io::Read;
use std::path::Path;

use brickwork_app::{App, pipeline_schema, run_id_of};
use serde_json::Value;
use uuid::Uuid;

use crate::exit::Failure;

/// Prints the JSON Schema of a pipeline file.
pub(crate) fn schema() -> Result<(), Failure> {
    println!("{}", serde_json::to_string_pretty(&pipeline_schema())?);
    Ok(())
}

/// Prints the OpenAPI document of the HTTP interface.
pub(crate) fn openapi() -> Result<(), Failure> {
    println!("{}", serde_json::to_string_pretty(&brickwork_api::openapi())?);
    Ok(())
}

/// The text of a file, or of standard input for `-`.
pub(crate) fn read_text(name: &str) -> Result<String, Failure> {
    let read = if name == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(name)
    };
    read.map_err(|error| {
        Failure::invalid(format!("`{name}` cannot be read: {error}. Give a text file in UTF-8, or -."))
    })
}

/// The JSON of a pipeline: a file, standard input, or a template by its id.
pub(crate) fn read_pipeline(app: &App, name: &str) -> Result<Value, Failure> {
    if name != "-" && !Path::new(name).exists() {
        let templates = app.templates()?;
        if let Some(template) = templates.iter().find(|template| template.id == name) {
            return Ok(serde_json::to_value(&template.pipeline)?);
        }
        let ids: Vec<&str> = templates.iter().map(|template| template.id).collect();
        let message = format!(
            "There is neither a file nor a template called `{name}`. Give a pipeline's JSON file, or one of: {}.",
            ids.join(", ")
        );
        return Err(Failure::invalid(message));
    }
    let text = read_text(name)?;
    serde_json::from_str(&text)
        .map_err(|error| Failure::invalid(format!("`{name}` is no JSON: {error}. Correct the file at that place.")))
}

/// The run of an id, or the newest one for `latest`.
pub(crate) async fn find_run(app: &App, name: &str) -> Result<Uuid, Failure> {
    if name != "latest" {
        return Ok(run_id_of(name)?);
    }
    let page = app.runs(brickwork_app::RunListRequest { limit: Some(1), ..Default::default() }).await?;
    page.runs
        .first()
        .map(|run| run.run_id)
        .ok_or_else(|| Failure::invalid("There are no runs yet. Start one with `brickwork run PIPELINE`."))
}
