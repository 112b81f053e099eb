//! What comes of 50 small tasks on the default model: how many runs end with a file, and how many of the files parse, with
//! gates and without, beside a plain pattern for fences over the same outputs.
//!
//! Each task is a pipeline of one step and the Assembler, run by the released program with a fixed seed.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::workspace::Workspace;
use crate::{demo, models, process, ui};

/// The tasks: a language and what to write in it.
const TASKS: &str = include_str!("yields.txt");

const MAX_TOKENS: u32 = 256;

/// How many repair turns the gated runs may take.
const REPAIRS: u32 = 2;

/// What one kind of reading gave over all runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Yield {
    runs: usize,
    /// Runs with at least one file.
    with_files: usize,
    files: Files,
}

/// Files, and what is known of their syntax; of the rest it is known that they do not parse.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Files {
    all: usize,
    valid: usize,
    /// Those whose kind has no grammar, or that were not checked for another reason.
    unchecked: usize,
}

impl Yield {
    fn add(&mut self, files: Files) {
        self.runs += 1;
        self.with_files += usize::from(files.all > 0);
        self.files.all += files.all;
        self.files.valid += files.valid;
        self.files.unchecked += files.unchecked;
    }

    fn print(self, title: &str) {
        let share = |part: usize, of: usize| if of == 0 { 0.0 } else { 100.0 * part as f64 / of as f64 };
        println!(
            "{title:<44} {:>3} of {} ({:>3.0} %) {:>5} of {:<4} ({:>3.0} %) {:>10}",
            self.with_files,
            self.runs,
            share(self.with_files, self.runs),
            self.files.valid,
            self.files.all,
            share(self.files.valid, self.files.all),
            self.files.unchecked
        );
    }

    fn figures(self, arm: &str) -> Value {
        json!({
            "reading": arm, "runs": self.runs, "runs_with_files": self.with_files, "files": self.files.all,
            "files_that_parse": self.files.valid, "files_unchecked": self.files.unchecked,
        })
    }
}

/// Runs every task without a gate and with one.
///
/// # Errors
/// When the programs cannot be built, or a run fails.
pub(crate) fn measure(workspace: &Workspace) -> Result<Value> {
    models::fetch(workspace, false)?;
    ui::build(workspace)?;
    demo::build(workspace)?;
    let folder = tempfile::tempdir().context("no folder could be made")?;
    let (mut plain, mut ungated, mut gated) = (Yield::default(), Yield::default(), Yield::default());
    let mut tries = 0;
    for (index, task) in tasks().into_iter().enumerate() {
        let run = run(workspace, folder.path(), &task, None, index)?;
        ungated.add(counts(&run["final_artifacts"]));
        let texts = [&run["steps"][0]["result"], &run["assembled_code"]];
        let fences: Vec<(String, String)> = texts
            .iter()
            .rev()
            .filter_map(|text| text.as_str())
            .map(plain_fences)
            .find(|found| !found.is_empty())
            .unwrap_or_default();
        let mut files = Files { all: fences.len(), ..Files::default() };
        for fence in &fences {
            let read = of_fence(workspace, folder.path(), fence)?;
            files.valid += usize::from(read.all == 1 && read.valid == 1);
            files.unchecked += usize::from(read.all == 1 && read.unchecked == 1);
        }
        plain.add(files);
        let run = run_gated(workspace, folder.path(), &task, index)?;
        gated.add(counts(&run["final_artifacts"]));
        tries += run["steps"][0]["report"]["attempts"].as_array().map_or(0, Vec::len);
        println!("{:>3}. {} {}", index + 1, task.0, task.1);
    }
    println!("\n{:<44} {:<22} {:<22} not checked", "", "runs with a file", "files that parse");
    plain.print("a plain pattern for fences");
    ungated.print("Brickwork, without a gate");
    gated.print(&format!("Brickwork, with a gate ({tries} attempts)"));
    Ok(json!([plain.figures("plain pattern"), ungated.figures("without gate"), gated.figures("with gate")]))
}

fn tasks() -> Vec<(String, String)> {
    let line = |line: &str| line.split_once(": ").map(|(language, task)| (language.to_owned(), task.to_owned()));
    TASKS.lines().filter_map(line).collect()
}

fn run_gated(workspace: &Workspace, folder: &Path, task: &(String, String), index: usize) -> Result<Value> {
    run(workspace, folder, task, Some(json!({ "repairs": REPAIRS })), index)
}

/// One task as a run, with its seed.
fn run(
    workspace: &Workspace,
    folder: &Path,
    (language, task): &(String, String),
    gate: Option<Value>,
    index: usize,
) -> Result<Value> {
    let parameters = json!({ "max_tokens": MAX_TOKENS, "temperature": 0.3 });
    let mut step = json!({
        "step_name": "write", "model_type": "CodeGemma", "parameters": parameters,
        "prompt": format!("Write in {language}: {task} Answer with one fenced code block."),
    });
    if let Some(gate) = gate {
        step["gate"] = gate;
    }
    let pipeline = json!({ "name": "Yield", "steps": [step], "assembler": { "parameters": parameters } });
    let (file, result) = (folder.join("pipeline.json"), folder.join("result.json"));
    fs::write(&file, pipeline.to_string()).context("the pipeline could not be written")?;
    let mut command = workspace.command(workspace.binary("release", "brickwork"));
    command.env("BRICKWORK_DATA_DIR", folder.join("data")).env("BRICKWORK_MODELS_DIR", models::folder(workspace)?);
    command.arg("run").arg(&file).args(["--json", "--seed", &(index + 1).to_string(), "--result-file"]).arg(&result);
    // A run without a file ends with a code of its own; its result is there all the same.
    let _ = command.output().context("the program could not be started")?;
    let text = fs::read_to_string(&result).context("the run left no result")?;
    let _ = fs::remove_file(&result);
    let value: Value = serde_json::from_str(&text).context("the run's result could not be read")?;
    let run = value.get("run").cloned().unwrap_or(value);
    if run["status"] != "SUCCESS" {
        bail!("the run of `{task}` did not end well: {}", run["error"]);
    }
    Ok(run)
}

/// How many files there are, and what is known of them.
fn counts(artifacts: &Value) -> Files {
    let files = artifacts.as_array().map(Vec::as_slice).unwrap_or_default();
    let of = |state: &str| files.iter().filter(|file| file["syntax"]["state"] == state).count();
    let valid = of("valid");
    Files { all: files.len(), valid, unchecked: files.len() - valid - of("invalid") }
}

/// Tag and content of each match of "```(tag)\n(content, as short as possible)```", the usual pattern.
fn plain_fences(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find("```") {
        let after = &rest[open + 3..];
        let Some(line_end) = after.find('\n') else { break };
        let tag = &after[..line_end];
        if !tag.chars().all(char::is_alphanumeric) {
            rest = after;
            continue;
        }
        let Some(close) = after[line_end + 1..].find("```") else { break };
        found.push((tag.to_owned(), after[line_end + 1..line_end + 1 + close].to_owned()));
        rest = &after[line_end + 1 + close + 3..];
    }
    found
}

/// What is known of the content of a fence, asked by way of `brickwork extract`.
fn of_fence(workspace: &Workspace, folder: &Path, (tag, content): &(String, String)) -> Result<Files> {
    let file = folder.join("fence.txt");
    let line_end = if content.ends_with('\n') { "" } else { "\n" };
    fs::write(&file, format!("``````{tag}\n{content}{line_end}``````\n")).context("the fence could not be written")?;
    let mut command = workspace.command(workspace.binary("release", "brickwork"));
    let told = process::capture(command.arg("extract").arg(&file).arg("--json"))?;
    let told: Value = serde_json::from_str(&told).context("the answer could not be read")?;
    Ok(counts(&told["artifacts"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_fifty_tasks() {
        assert_eq!(tasks().len(), 50);
    }

    #[test]
    fn files_that_nobody_checked_do_not_count_as_parsing() {
        let file = |state: &str| json!({ "syntax": { "state": state } });
        let files = json!([file("valid"), file("invalid"), file("unchecked"), { "name": "a" }]);
        assert_eq!(counts(&files), Files { all: 4, valid: 1, unchecked: 2 });
        assert_eq!(counts(&Value::Null), Files::default());
    }

    #[test]
    fn the_plain_pattern_is_the_usual_one() {
        let check = |text: &str, expected: &[(&str, &str)]| {
            let found = plain_fences(text);
            let found: Vec<(&str, &str)> = found.iter().map(|(tag, content)| (&**tag, &**content)).collect();
            assert_eq!(found, expected, "{text}");
        };
        check("a\n```js\nlet a;\n```\nb\n```\nx\n```", &[("js", "let a;\n"), ("", "x\n")]);
        check("```js\nlet a;\n", &[]);
        check("```js title=a\nlet a;\n```\n", &[]);
    }
}
