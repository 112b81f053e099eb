//! `cargo xtask demo`: from a fresh machine to exported files and the window on the run that made them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::workspace::{Workspace, variable};
use crate::{hash, models, process, setup, ui};

/// The pipeline that the demo runs.
const PIPELINE: &str = "pipelines/react-component.json";

/// Seeds that are tried in order until a run makes files.
const SEEDS: [u32; 4] = [2, 1, 3, 4];

/// How long the window may take to fail visibly.
const WINDOW_GRACE: Duration = Duration::from_secs(3);

/// What the demo reads of the file that `brickwork run --result-file` writes.
#[derive(Debug, Deserialize)]
struct ResultFile {
    run: RunResult,
    #[serde(default)]
    export: Option<ExportResult>,
}

/// The files that the export wrote, and those that it left alone.
#[derive(Debug, Default, Deserialize)]
struct ExportResult {
    #[serde(default)]
    written: Vec<Named>,
    #[serde(default)]
    skipped: Vec<Named>,
}

/// The run: the specification's response body.
#[derive(Debug, Deserialize)]
struct RunResult {
    run_id: String,
    status: String,
    #[serde(default)]
    steps: Vec<StepResult>,
    #[serde(default)]
    final_artifacts: Vec<Named>,
}

#[derive(Debug, Deserialize)]
struct StepResult {
    step_name: String,
    status: String,
    #[serde(default)]
    artifacts: Vec<Named>,
    /// Seconds.
    #[serde(default)]
    execution_time: Option<f64>,
}

#[derive(Debug, Deserialize)]
struct Named {
    name: String,
}

/// The files of a folder, by their path in it, with their hashes.
type Snapshot = BTreeMap<PathBuf, String>;

/// Sets up, builds, runs the React pipeline, checks what was exported and opens the window.
///
/// # Errors
/// When any of this fails, or when the run exported nothing.
pub(crate) fn run(workspace: &Workspace, headless: bool, out: Option<PathBuf>) -> Result<()> {
    let out = match out {
        Some(folder) => std::path::absolute(folder)?,
        None => workspace.root.join("brickwork-demo"),
    };
    setup::run(setup::Purpose::Build)?;
    ui::build(workspace)?;
    build(workspace)?;
    models::fetch(workspace, false)?;

    let before = snapshot(&out)?;
    let result = run_pipeline(workspace, &out)?;
    let after = snapshot(&out)?;
    report(&result, &out, &before, &after)?;

    if headless {
        println!("The window was not opened (--headless).");
    } else if !has_display() {
        println!("There is no display, so the window was not opened.");
    } else {
        open_window(workspace, &result.run.run_id)?;
    }
    Ok(())
}

/// Builds the programs in release, always all of them, so that nothing is compiled in two variants.
///
/// # Errors
/// When the build fails.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    let mut cargo = workspace.cargo();
    cargo.args(["build", "--release", "-p", "brickwork-cli", "-p", "brickwork-worker", "-p", "brickwork-window"]);
    // Without this feature the window would look for a development server instead of the built UI.
    process::run(cargo.args(["--features", "brickwork-window/custom-protocol"]))
}

/// Runs the pipeline until a run makes files. The default model is small and does not fence code in every answer.
fn run_pipeline(workspace: &Workspace, out: &Path) -> Result<ResultFile> {
    for seed in SEEDS {
        let result = run_with_seed(workspace, out, seed)?;
        if !result.run.final_artifacts.is_empty() {
            return Ok(result);
        }
        println!("\nWith seed {seed} the small default model wrote no code block.");
    }
    bail!("none of {} runs made a file, so nothing was exported", SEEDS.len())
}

/// Runs the pipeline once with its progress on the terminal and reads the result that it leaves in a file.
fn run_with_seed(workspace: &Workspace, out: &Path, seed: u32) -> Result<ResultFile> {
    let result_file = workspace.target.join("demo-result.json");
    match fs::remove_file(&result_file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("{} could not be removed", result_file.display()));
        }
        _ => {}
    }
    let mut command = workspace.command(workspace.binary("release", "brickwork"));
    command.args(["run", PIPELINE, "--seed", &seed.to_string(), "--out"]).arg(out);
    let ended = process::run(command.arg("--result-file").arg(&result_file));
    let Ok(text) = fs::read_to_string(&result_file) else {
        ended?;
        bail!("the run left no result")
    };
    let result: ResultFile = serde_json::from_str(&text).context("the run's result could not be read")?;
    // A run that went well and made no files also ends with a code other than 0; the caller tries again.
    if result.run.status != "SUCCESS" || !result.run.final_artifacts.is_empty() {
        ended?;
    }
    Ok(result)
}

/// Says what was made and where.
fn report(result: &ResultFile, out: &Path, before: &Snapshot, after: &Snapshot) -> Result<()> {
    let run = &result.run;
    println!("\nRun {}: {}", run.run_id, run.status);
    for step in &run.steps {
        let took = step.execution_time.map_or_else(String::new, |seconds| format!("  {seconds:.1} s"));
        println!("  {:<8} {}{took}  {}", step.status, step.step_name, names(&step.artifacts));
    }
    println!("  final files: {}", names(&run.final_artifacts));
    if run.final_artifacts.is_empty() {
        bail!("the run made no file, so nothing was exported");
    }
    let Some(export) = &result.export else { bail!("the run did not export its files") };
    if after.is_empty() || (export.written.is_empty() && export.skipped.is_empty()) {
        bail!("nothing was exported to {}", out.display());
    }
    println!("\nIn {}:", out.display());
    for (path, state) in compare(before, after) {
        println!("  {:<9} {}", state.word(), path.display());
    }
    if !export.skipped.is_empty() {
        println!("Left as they were: {}. Files that were edited or are not", names(&export.skipped));
        println!("of Brickwork's making are never overwritten; --out with another folder gives a fresh set.");
    }
    if export.written.is_empty() {
        println!("No file was written this time.");
    }
    Ok(())
}

fn names(artifacts: &[Named]) -> String {
    let names: Vec<&str> = artifacts.iter().map(|file| file.name.as_str()).collect();
    if names.is_empty() { "no files".to_owned() } else { names.join(", ") }
}

/// What the demo did to a file of the export folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Replaced,
    LeftAsIs,
}

impl State {
    const fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Replaced => "replaced",
            Self::LeftAsIs => "unchanged",
        }
    }
}

fn compare<'a>(before: &Snapshot, after: &'a Snapshot) -> Vec<(&'a Path, State)> {
    let state = |(path, hash): (&'a PathBuf, &String)| match before.get(path) {
        None => (path.as_path(), State::New),
        Some(old) if old == hash => (path.as_path(), State::LeftAsIs),
        Some(_) => (path.as_path(), State::Replaced),
    };
    after.iter().map(state).collect()
}

/// The files below a folder, without those of hidden folders and hidden files (the export's own records).
fn snapshot(folder: &Path) -> Result<Snapshot> {
    let mut files = Snapshot::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        if !next.is_dir() {
            continue;
        }
        for entry in fs::read_dir(&next).with_context(|| format!("{} could not be read", next.display()))? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap_or(&path).to_path_buf();
                files.insert(name, hash::of_file(&path)?);
            }
        }
    }
    Ok(files)
}

fn has_display() -> bool {
    !cfg!(target_os = "linux") || variable("DISPLAY").is_some() || variable("WAYLAND_DISPLAY").is_some()
}

/// Starts the window and leaves it running.
fn open_window(workspace: &Workspace, run_id: &str) -> Result<()> {
    let mut command = workspace.command(workspace.binary("release", "brickwork-app"));
    command.args(["--open-run", run_id]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    detach(&mut command);
    process::announce(&command);
    let mut window = command.spawn().context("the window could not be started")?;
    if let Some(status) = ended_early(&mut window)? {
        bail!("the window closed at once ({status}); the run and its files are not affected");
    }
    println!("The window is open on this run.");
    Ok(())
}

/// Puts the window out of reach of a Ctrl+C that is meant for this terminal.
fn detach(command: &mut Command) {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    #[cfg(not(unix))]
    let _ = command;
}

/// The status with which the window failed within its grace. A success counts as open: a window that was open already
/// takes the run over from the new process.
fn ended_early(window: &mut Child) -> Result<Option<std::process::ExitStatus>> {
    std::thread::sleep(WINDOW_GRACE);
    Ok(window.try_wait()?.filter(|status| !status.success()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::*;

    fn result(made: &[&str], written: &[&str], skipped: &[&str]) -> ResultFile {
        let list = |names: &[&str]| names.iter().map(|name| Named { name: (*name).to_owned() }).collect();
        let run = RunResult {
            run_id: "r".to_owned(),
            status: "SUCCESS".to_owned(),
            steps: Vec::new(),
            final_artifacts: list(made),
        };
        ResultFile { run, export: Some(ExportResult { written: list(written), skipped: list(skipped) }) }
    }

    #[test]
    fn a_demo_that_exports_nothing_fails() {
        let folder = tempfile::tempdir().unwrap();
        let nothing = snapshot(folder.path()).unwrap();
        fs::write(folder.path().join("Form.jsx"), "x").unwrap();
        let one = snapshot(folder.path()).unwrap();
        let passes = |result: &ResultFile, before: &Snapshot, after: &Snapshot| {
            report(result, folder.path(), before, after).is_ok()
        };
        let file = ["Form.jsx"];
        assert!(passes(&result(&file, &file, &[]), &nothing, &one));
        assert!(!passes(&result(&file, &file, &[]), &nothing, &nothing), "claimed, but not there");
        assert!(!passes(&result(&[], &[], &[]), &nothing, &one));
        assert!(!passes(&result(&file, &[], &[]), &one, &one));
        assert!(passes(&result(&file, &[], &file), &one, &one), "an edited file that stays is no failure");
    }

    #[test]
    fn a_folder_is_compared_by_content() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("kept.js", "1");
        write("changed.js", "1");
        write(".record", "1");
        let before = snapshot(folder.path()).unwrap();
        write("changed.js", "2");
        write("new.js", "2");
        write(".record", "2");
        let after = snapshot(folder.path()).unwrap();
        let states = compare(&before, &after);
        let expected = [("changed.js", State::Replaced), ("kept.js", State::LeftAsIs), ("new.js", State::New)];
        assert_eq!(states, expected.map(|(name, state)| (Path::new(name), state)));
    }

    #[test]
    fn a_missing_folder_holds_nothing() {
        let folder = tempfile::tempdir().unwrap();
        assert!(snapshot(&folder.path().join("absent")).unwrap().is_empty());
    }
}
