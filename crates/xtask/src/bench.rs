//! `cargo xtask bench ARM`: measures, prints a table and keeps the figures as `bench/ARM.json` in the build folder.
//!
//! Nothing here passes or fails by a figure: a slow machine is no fault. What must hold is tested elsewhere.

mod api;
mod http;
mod speed;
mod t5gemma;
mod ui;
mod yields;

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use serde::Serialize;
use serde_json::{Value, json};

use crate::workspace::Workspace;

/// An arm's name and what carries it out and gives its figures, or `null` where it was skipped.
type Arm = (&'static str, fn(&Workspace) -> Result<Value>);

/// The arms that there are, in the order in which they run without a name.
const ARMS: &[Arm] =
    &[("api", api::measure), ("ui", ui::measure), ("yield", yields::measure), ("t5gemma", t5gemma::measure)];

/// Runs one arm, or all of them.
///
/// # Errors
/// When there is no such arm, or one cannot be carried out.
pub(crate) fn run(workspace: &Workspace, arm: Option<&str>) -> Result<()> {
    let all = || ARMS.iter().chain(speed::ARMS);
    let chosen: Vec<_> = all().filter(|(name, _)| arm.is_none_or(|arm| arm == *name)).collect();
    if chosen.is_empty() {
        let names: Vec<&str> = all().map(|(name, _)| *name).collect();
        bail!("there is no such arm; the arms are: {}", names.join(", "));
    }
    for (name, measure) in chosen {
        let figures = measure(workspace)?;
        if !figures.is_null() {
            keep(workspace, name, &figures)?;
        }
    }
    Ok(())
}

#[derive(Debug, Serialize)]
struct Machine {
    cores: usize,
    system: &'static str,
    architecture: &'static str,
}

impl Machine {
    fn this() -> Self {
        Self {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            system: std::env::consts::OS,
            architecture: std::env::consts::ARCH,
        }
    }
}

fn keep(workspace: &Workspace, arm: &str, figures: &Value) -> Result<()> {
    let date = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let document = json!({ "arm": arm, "machine": Machine::this(), "unix_time": date, "figures": figures });
    let folder = workspace.target.join("bench");
    fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let file = folder.join(format!("{arm}.json"));
    fs::write(&file, serde_json::to_string_pretty(&document)?)
        .with_context(|| format!("{} cannot be written", file.display()))?;
    println!("\nKept in {}", file.display());
    Ok(())
}
