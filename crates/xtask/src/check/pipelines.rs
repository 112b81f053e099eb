//! The shipped pipelines are valid, and their JSON Schema is the one that the program publishes.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use super::Faults;
use crate::workspace::Workspace;
use crate::{process, suites};

/// The committed schema, beside the pipelines that it describes.
const SCHEMA: &str = "pipelines/pipeline.schema.json";

/// The fewest templates that the project ships.
const TEMPLATES_MIN: usize = 5;

/// The committed schema says the same as `brickwork pipeline-schema`.
pub(super) fn schema(workspace: &Workspace) -> Result<Faults> {
    suites::build(workspace)?;
    let printed = process::capture(brickwork(workspace).arg("pipeline-schema"))?;
    let printed: Value = serde_json::from_str(&printed).context("`brickwork pipeline-schema` printed no JSON")?;
    let advice = format!("write it again: brickwork pipeline-schema > {SCHEMA}");
    let Ok(committed) = fs::read_to_string(workspace.root.join(SCHEMA)) else {
        return Ok(vec![format!("{SCHEMA} is missing; {advice}")]);
    };
    let same = serde_json::from_str::<Value>(&committed).is_ok_and(|committed| committed == printed);
    Ok(if same { Faults::new() } else { vec![format!("{SCHEMA} is out of date; {advice}")] })
}

/// Every template passes `brickwork validate`.
pub(super) fn valid(workspace: &Workspace) -> Result<Faults> {
    let files = templates(workspace)?;
    suites::build(workspace)?;
    let mut faults = Faults::new();
    if files.len() < TEMPLATES_MIN {
        faults.push(format!("pipelines/ holds {} templates; at least {TEMPLATES_MIN} are shipped", files.len()));
    }
    for file in files {
        let checked = process::capture(brickwork(workspace).arg("validate").arg(&file));
        match checked {
            Ok(printed) => print!("{printed}"),
            Err(error) => faults.push(format!("{error:#}")),
        }
    }
    Ok(faults)
}

/// The command-line program as the tests build it, with a data folder that is not the user's.
fn brickwork(workspace: &Workspace) -> Command {
    let mut command = workspace.command(workspace.binary("debug", "brickwork"));
    command.env("BRICKWORK_DATA_DIR", workspace.target.join("check-data"));
    command
}

/// The templates' paths from the project's root.
fn templates(workspace: &Workspace) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(workspace.root.join("pipelines")).context("pipelines/ could not be read")? {
        let name = entry?.file_name();
        let text = name.to_string_lossy();
        if text.ends_with(".json") && !text.ends_with(".schema.json") {
            files.push(PathBuf::from("pipelines").join(&name));
        }
    }
    files.sort();
    Ok(files)
}
