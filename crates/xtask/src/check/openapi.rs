//! The committed OpenAPI document is the one that the program publishes, and the window's types are made from it.

use std::fs;

use anyhow::{Context, Result};
use serde_json::Value;

use super::Faults;
use crate::workspace::Workspace;
use crate::{process, suites, ui};

/// The committed document, from the project's root.
const DOCUMENT: &str = "crates/api/openapi.json";

/// The types that are made from it.
const BINDINGS: &str = "ui/src/bindings/api.d.ts";

/// The committed document says the same as `brickwork openapi`.
pub(super) fn document(workspace: &Workspace) -> Result<Faults> {
    suites::build(workspace)?;
    let mut brickwork = workspace.command(workspace.binary("debug", "brickwork"));
    let printed = process::capture(brickwork.arg("openapi"))?;
    let printed: Value = serde_json::from_str(&printed).context("`brickwork openapi` printed no JSON")?;
    let advice = format!("write it again: brickwork openapi > {DOCUMENT}");
    let Ok(committed) = fs::read_to_string(workspace.root.join(DOCUMENT)) else {
        return Ok(vec![format!("{DOCUMENT} is missing; {advice}")]);
    };
    let same = serde_json::from_str::<Value>(&committed).is_ok_and(|committed| committed == printed);
    Ok(if same { Faults::new() } else { vec![format!("{DOCUMENT} is out of date; {advice}")] })
}

/// The committed types are those that `npm run bindings` makes of the committed document.
pub(super) fn bindings(workspace: &Workspace) -> Result<Faults> {
    let folder = tempfile::tempdir().context("a temporary folder could not be made")?;
    let made = folder.path().join("api.d.ts");
    let mut npm = ui::npm(workspace, &workspace.root.join("ui"));
    process::capture(npm.args(["run", "bindings:to", "--", "--output"]).arg(&made))?;
    let made = fs::read_to_string(&made).context("`npm run bindings:to` wrote nothing")?;
    let same = fs::read_to_string(workspace.root.join(BINDINGS)).is_ok_and(|committed| committed == made);
    Ok(if same { Faults::new() } else { vec![format!("{BINDINGS} is out of date; in ui: npm run bindings")] })
}
