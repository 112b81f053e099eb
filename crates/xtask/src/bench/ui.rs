//! The window as a user feels it: start-up, memory at rest, frame times of dragging and streaming. The measuring is done
//! from outside, through WebDriver, by `tests/window/measure.mjs`.

use anyhow::{Context, Result};
use serde_json::Value;

use crate::workspace::Workspace;
use crate::{demo, process, setup, suites, ui};

/// Measures the released window on a screen of its own.
///
/// # Errors
/// When the window cannot be built, opened or driven.
pub(crate) fn measure(workspace: &Workspace) -> Result<Value> {
    setup::run(setup::Purpose::Bench)?;
    ui::build(workspace)?;
    demo::build(workspace)?;
    let folder = workspace.root.join("tests").join("window");
    ui::install(workspace, &folder)?;
    let mut command = suites::on_own_screen(workspace, "release");
    command.args(["node", "measure.mjs"]).current_dir(&folder);
    let output = process::capture(&mut command)?;
    let line = output.lines().last().context("tests/window/measure.mjs printed nothing")?;
    let figures: Value = serde_json::from_str(line).with_context(|| format!("no figures: {line}"))?;
    println!("\n{:<28} {:>10} {:>10} {:>10} {:>5}", "", "median", "p95", "max", "n");
    for (name, figure) in figures.as_object().into_iter().flatten() {
        match figure {
            Value::Object(spread) => {
                let of = |key: &str| spread.get(key).map(ToString::to_string).unwrap_or_default();
                println!("{name:<28} {:>10} {:>10} {:>10} {:>5}", of("median"), of("p95"), of("max"), of("n"));
            }
            figure => println!("{name:<28} {figure:>10}"),
        }
    }
    Ok(figures)
}
