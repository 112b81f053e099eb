//! T5Gemma against Hugging Face's transformers on the CPU: the same random weights at the dimensions of b-b, the same source,
//! greedy tokens. `crates/t5gemma/examples` holds what is run on either side.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Machine;
use crate::process;
use crate::python::Environment;
use crate::workspace::Workspace;

const TORCH: &str = "2.15.0";
const TRANSFORMERS: &str = "5.24.0";

/// Tokens of the source, and tokens that are written, in each run.
const SOURCE_TOKENS: usize = 512;
const OUTPUT_TOKENS: usize = 32;
/// How often each side runs; in every second round in the opposite order.
const ROUNDS: usize = 5;

/// The forms of the model that are measured: its weights in 32 bits, and both quantized types.
const FORMS: [&str; 3] = ["f32", "Q8_0", "Q4_K"];
const PEER: &str = "peer";

/// Settings of torch's threads, of which the peer runs with the fastest. The first is its own choice.
const PEER_SETTINGS: [(&str, &[(&str, &str)]); 3] = [
    ("its defaults", &[]),
    ("OMP_WAIT_POLICY=passive", &[("OMP_WAIT_POLICY", "passive")]),
    ("OMP_NUM_THREADS=1", &[("OMP_NUM_THREADS", "1")]),
];

/// What both sides print of a run.
#[derive(Debug, Clone, Deserialize)]
struct Run {
    encode_tokens_per_s: f64,
    decode_tokens_per_s: f64,
    peak_bytes: Option<f64>,
    first_ids: Vec<u32>,
}

/// A figure of a run, for which more is better.
struct Figure {
    name: &'static str,
    of: fn(&Run) -> Option<f64>,
    /// What our part of the peer's is to be, for a form.
    goal: fn(&str) -> Option<f64>,
}

const FIGURES: [Figure; 3] = [
    Figure {
        name: "decode tokens/s",
        of: |run| Some(run.decode_tokens_per_s),
        goal: |form| Some(if form == "f32" { 1.5 } else { 3.0 }),
    },
    Figure { name: "encode tokens/s", of: |run| Some(run.encode_tokens_per_s), goal: |_| None },
    Figure {
        name: "1 / peak memory in GB",
        of: |run| run.peak_bytes.map(|bytes| 1e9 / bytes),
        goal: |form| (form == "Q8_0").then_some(2.0),
    },
];

/// Measures both sides in turn. `null` where the peer cannot be had.
///
/// # Errors
/// When our side cannot be built or run, or the peer fails once it is there.
pub(crate) fn measure(workspace: &Workspace) -> Result<Value> {
    let python = match peer(workspace) {
        Ok(environment) => environment.program("python"),
        Err(error) => {
            println!(
                "The arm t5gemma is skipped: torch {TORCH} and transformers {TRANSFORMERS} cannot be had ({error:#})"
            );
            return Ok(Value::Null);
        }
    };
    let mut cargo = workspace.cargo();
    process::run(cargo.args(["build", "--release", "-p", "brickwork-t5gemma", "--example", "t5gemma_bench"]))?;
    let sides = Sides::new(workspace, python)?;

    let mut runs: BTreeMap<&str, Vec<Run>> = BTreeMap::new();
    for round in 0..ROUNDS {
        let mut order = [FORMS[0], FORMS[1], FORMS[2], PEER];
        if round % 2 == 1 {
            order.reverse();
        }
        for side in order {
            let run = sides.run(side, SOURCE_TOKENS, OUTPUT_TOKENS)?;
            println!("round {}, {side:<5} {:>8.2} tokens/s", round + 1, run.decode_tokens_per_s);
            runs.entry(side).or_default().push(run);
        }
    }
    let same = runs["f32"].iter().chain(&runs[PEER]).all(|run| run.first_ids == runs["f32"][0].first_ids);
    println!("\nThe first tokens of both sides at 32 bits are {}.", if same { "the same" } else { "NOT the same" });
    println!("The peer ran with {}.\n", sides.setting.0);
    Ok(table(&runs, sides.setting.0))
}

/// Prints the table and gives its figures.
fn table(runs: &BTreeMap<&str, Vec<Run>>, setting: &str) -> Value {
    let peer = format!("transformers {TRANSFORMERS}, torch {TORCH}, f32, {setting}");
    let date = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    println!(
        "{:<24} {:<5} {:>9} {:>9} {:>7} {:>7} {:>7} {:>6}",
        "figure", "form", "ours", "peer's", "ratio", "min", "max", "goal"
    );
    let mut figures = Vec::new();
    for figure in &FIGURES {
        for form in FORMS {
            let values = |side: &str| -> Vec<f64> { runs[side].iter().filter_map(figure.of).collect() };
            let (ours, theirs) = (values(form), values(PEER));
            let mut ratios: Vec<f64> = ours.iter().zip(&theirs).map(|(ours, theirs)| ours / theirs).collect();
            ratios.sort_by(f64::total_cmp);
            let (Some(min), Some(max)) = (ratios.first(), ratios.last()) else { continue };
            let (ratio, ours, theirs, goal) = (median(&ratios), median(&ours), median(&theirs), (figure.goal)(form));
            let shown = goal.map_or(String::new(), |goal| format!("{goal:.1}"));
            println!(
                "{:<24} {form:<5} {ours:>9.2} {theirs:>9.2} {ratio:>7.2} {min:>7.2} {max:>7.2} {shown:>6}",
                figure.name
            );
            figures.push(json!({
                "arm": format!("t5gemma {form} {}", figure.name), "peer": peer, "goal": goal, "ours": ours, "theirs": theirs,
                "ratio": ratio, "min": min, "max": max, "n": ratios.len(), "machine": Machine::this(), "date": date,
            }));
        }
    }
    json!(figures)
}

fn median(numbers: &[f64]) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

fn peer(workspace: &Workspace) -> Result<Environment> {
    let ask = "import torch, transformers; print(torch.__version__.split('+')[0], transformers.__version__)";
    let versions = format!("{TORCH} {TRANSFORMERS}");
    let is_there =
        |environment: &Environment| Environment::says(&environment.program("python"), &["-c", ask], &versions);
    Environment::with(workspace, &[("torch", TORCH), ("transformers", TRANSFORMERS)], is_there)
}

/// What is run.
struct Sides {
    /// Our program.
    ours: PathBuf,
    /// Python with the peer, and its script.
    python: PathBuf,
    script: PathBuf,
    /// The model's folder.
    folder: PathBuf,
    setting: (&'static str, &'static [(&'static str, &'static str)]),
}

impl Sides {
    /// Makes the model in all its forms, unless it is there, and finds how the peer is fastest.
    fn new(workspace: &Workspace, python: PathBuf) -> Result<Self> {
        let folder = workspace.target.join("bench").join("t5gemma-b-b");
        let script = workspace.root.join("crates").join("t5gemma").join("examples").join("t5gemma_peer.py");
        let ours = workspace.binary("release", "examples/t5gemma_bench");
        let mut sides = Self { ours, python, script, folder, setting: PEER_SETTINGS[0] };
        if !sides.path("Q4_K").is_file() {
            let mut make = Command::new(&sides.ours);
            process::run(make.arg("make").arg(&sides.folder))?;
            for form in &FORMS[1..] {
                process::run(Command::new(&sides.ours).arg("quantize").arg(&sides.folder).arg(form))?;
            }
        }
        let mut best = (0.0, PEER_SETTINGS[0]);
        for setting in PEER_SETTINGS {
            sides.setting = setting;
            let speed = sides.run(PEER, 64, 8)?.decode_tokens_per_s;
            println!("the peer with {}: {speed:.2} tokens/s", setting.0);
            if speed > best.0 {
                best = (speed, setting);
            }
        }
        sides.setting = best.1;
        Ok(sides)
    }

    fn path(&self, form: &str) -> PathBuf {
        let name = self.folder.file_name().unwrap_or_default().to_string_lossy();
        if form == FORMS[0] { self.folder.clone() } else { self.folder.join(format!("{name}-{form}.gguf")) }
    }

    /// Runs a form of ours, or the peer, in a process of its own.
    fn run(&self, side: &str, n_source: usize, n_output: usize) -> Result<Run> {
        let mut command = if side == PEER {
            let mut command = Command::new(&self.python);
            command.arg(&self.script).arg(&self.folder).envs(self.setting.1.iter().copied());
            command
        } else {
            let mut command = Command::new(&self.ours);
            command.arg("run").arg(self.path(side));
            command
        };
        // One measured pass after one that warms up.
        let output = process::capture(command.args([n_source.to_string(), n_output.to_string(), "1".to_owned()]))?;
        read(&output).with_context(|| format!("no figures of {}: {output}", Path::new(command.get_program()).display()))
    }
}

/// The figures are the last line.
fn read(output: &str) -> Result<Run> {
    let line = output.trim_end().lines().last().context("nothing was printed")?;
    Ok(serde_json::from_str(line)?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::*;

    fn run(decode: f64, peak: f64) -> Run {
        Run { encode_tokens_per_s: 100.0, decode_tokens_per_s: decode, peak_bytes: Some(peak), first_ids: vec![1] }
    }

    #[test]
    fn ratios_are_of_the_same_round_and_more_is_better() {
        let of = |runs: [Run; 3]| runs.to_vec();
        let runs = BTreeMap::from([
            ("f32", of([run(20.0, 4e9), run(30.0, 4e9), run(10.0, 4e9)])),
            ("Q8_0", of([run(40.0, 1e9), run(40.0, 1e9), run(40.0, 1e9)])),
            ("Q4_K", of([run(60.0, 1e9), run(60.0, 1e9), run(60.0, 1e9)])),
            (PEER, of([run(10.0, 2e9), run(10.0, 2e9), run(10.0, 2e9)])),
        ]);
        let figures = table(&runs, "its defaults");
        let figure =
            |arm: &str| figures.as_array().unwrap().iter().find(|figure| figure["arm"] == arm).unwrap().clone();
        let check = |arm: &str, expected: [f64; 3], goal: Value| {
            let figure = figure(arm);
            let found = ["ratio", "min", "max"].map(|key| figure[key].as_f64().unwrap());
            assert_eq!((found, &figure["goal"], &figure["n"]), (expected, &goal, &json!(3)), "{arm}");
        };
        check("t5gemma f32 decode tokens/s", [2.0, 1.0, 3.0], json!(1.5));
        check("t5gemma Q8_0 decode tokens/s", [4.0, 4.0, 4.0], json!(3.0));
        check("t5gemma Q8_0 1 / peak memory in GB", [2.0, 2.0, 2.0], json!(2.0));
        check("t5gemma Q4_K encode tokens/s", [1.0, 1.0, 1.0], Value::Null);
    }

    #[test]
    fn the_last_line_is_read() {
        let line =
            r#"{"encode_tokens_per_s": 1.5, "decode_tokens_per_s": 2, "peak_bytes": null, "first_ids": [3], "x": 1}"#;
        let run = read(&format!("Loading weights\n{line}\n")).unwrap();
        assert_eq!((run.encode_tokens_per_s, run.peak_bytes, run.first_ids), (1.5, None, vec![3]));
        assert!(read("").is_err() && read("{}").is_err());
    }
}
