//! Four runs at once, of four projects: tokens per second, against the peer with four slots, and against the same four
//! runs one after another.

use std::io::Read;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use serde_json::{Value, json};

use super::super::http;
use super::chat::{self, Question, message};
use super::copy::{HEADINGS, STOPS};
use super::peer::{DEFAULTS, Setting, TWO_PASSES};
use super::rows::Figure;
use super::{Bench, texts};
use crate::models;

const RUNS: usize = 4;
const MAX_TOKENS: u64 = 160;
const PATIENCE: Duration = Duration::from_secs(900);
const BASE: &str = "/api/v1/orchestrator";

/// Role, instruction and charge (`Role::charge` of `crates/engine/src/role.rs`) of each step of the run of this number.
fn steps(number: usize) -> [(&'static str, String, &'static str); 2] {
    let next = format!("Now write the same library in {}, with the same explanations.", texts::next_language(number));
    [
        ("CodeLlama", texts::task(number), "Analyse the requirements, plan, and draft."),
        ("CodeGemma", next, "Write complete, working code in a fenced code block."),
    ]
}

/// Four users at once, in one cache: faster where attention in one pass is, which leaves out what others wrote.
const SHARED: &[&str] = &["--parallel", "4", "--cont-batching", "--kv-unified"];
/// Four users at once, each with a cache of its own: faster where attention in two passes is.
const APART: Setting = Setting {
    name: "4 slots with caches of their own, two passes",
    flags: &[&["--parallel", "4", "--cont-batching", "--no-kv-unified"], TWO_PASSES],
};

/// A model, with the peer's settings, and the texts at which its turns end.
///
/// In the default model's type of weights (`Q4_1`) llama.cpp multiplies several tokens one by one on AVX2, so they gain only
/// what is read once; those of the second one (mostly `Q5_0` and `Q8_0`) it multiplies as a block.
const MODELS: [(&str, &str, [Setting; 2], &[&str]); 2] = [
    ("SmolLM2 135M", models::DEFAULT_NAME, [DEFAULTS, APART], &[]),
    (
        "Gemma 3 270M",
        models::SECOND_NAME,
        [
            Setting { flags: &[HEADINGS], ..DEFAULTS },
            Setting { name: "4 slots, continuous batching", flags: &[HEADINGS, SHARED] },
        ],
        &STOPS,
    ),
];

/// Four runs: their tokens, and the time until the last had ended.
struct Four {
    tokens: u64,
    wall_s: f64,
}

impl Four {
    fn speed(&self) -> f64 {
        self.tokens as f64 / self.wall_s
    }
}

/// Measures runs of two steps each, with both models.
///
/// # Errors
/// When a side cannot be started, or a run fails.
pub(super) fn measure(bench: &Bench<'_>) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for (name, model, settings, stops) in MODELS {
        figures.extend(with_model(bench, name, model, settings, stops)?);
    }
    Ok(figures)
}

fn with_model(
    bench: &Bench<'_>,
    name: &str,
    model: &str,
    settings: [Setting; 2],
    stops: &[&str],
) -> Result<Vec<Figure>> {
    // One server for each side: what the four at once answered must not help those one after another to guess.
    let ours = [bench.ours(model)?, bench.ours(model)?];
    let projects = ours.iter().map(|(server, _)| prepare(server.authority())).collect::<Result<Vec<_>>>()?;
    let peers = settings.iter().map(|setting| bench.peer(model, setting)).collect::<Result<Vec<_>>>()?;
    let taken = bench.in_turn(4, |round, side| {
        let run = |index: usize| match side {
            0 | 1 => ours_run(ours[side].0.authority(), &projects[side][index], round * RUNS + index),
            _ => peers_run(peers[side - 2].authority(), round * RUNS + index, stops),
        };
        let started = Instant::now();
        let counts = if side == 1 { (0..RUNS).map(run).collect() } else { at_once(&run) };
        let counts: Vec<u64> = counts.into_iter().collect::<Result<_>>()?;
        let four = Four { tokens: counts.iter().sum(), wall_s: started.elapsed().as_secs_f64() };
        println!("{name}, round {round}, side {side}: {counts:?} tokens in {:.1} s", four.wall_s);
        Ok(four)
    })?;
    let (together, alone) = (&*taken[0], &*taken[1]);
    let arm = format!("concurrent, {name}: tokens/s");
    let mut figures = Vec::new();
    for (index, goal) in [(0, 1.2), (1, 1.0)] {
        let sides = (together, &*taken[index + 2]);
        figures.push(Figure::of(&arm, &settings[index].against(), goal, sides, Four::speed));
    }
    figures.push(Figure::of(&arm, "ours, one after another", 2.0, (together, alone), Four::speed));
    Ok(figures)
}

fn at_once(run: &(impl Fn(usize) -> Result<u64> + Sync)) -> Vec<Result<u64>> {
    std::thread::scope(|scope| {
        let started: Vec<_> = (0..RUNS).map(|index| scope.spawn(move || run(index))).collect();
        let ended = started.into_iter().map(|thread| thread.join().map_err(|_| anyhow!("a request panicked")));
        ended.map(Result::flatten).collect()
    })
}

/// Makes the projects and lets their runs go on side by side.
fn prepare(authority: &str) -> Result<Vec<String>> {
    let mut settings = http::send(authority, "GET", &format!("{BASE}/settings"), "", "")?;
    settings["max_concurrent_runs"] = json!(RUNS);
    http::send(authority, "PUT", &format!("{BASE}/settings"), "", &settings.to_string())?;
    let make = |index: usize| {
        let body = json!({ "name": format!("Project {index}") }).to_string();
        let project = http::send(authority, "POST", &format!("{BASE}/projects"), "", &body)?;
        project["id"].as_str().map(str::to_owned).context("the new project has no id")
    };
    (0..RUNS).map(make).collect()
}

fn ours_run(authority: &str, project: &str, number: usize) -> Result<u64> {
    let steps: Vec<Value> = steps(number)
        .into_iter()
        .enumerate()
        .map(|(index, (role, prompt, _))| {
            let parameters = json!({ "max_tokens": MAX_TOKENS, "temperature": 0 });
            json!({ "step_name": format!("s{index}"), "model_type": role, "prompt": prompt, "parameters": parameters })
        })
        .collect();
    let pipeline = json!({
        "name": "Beside others", "steps": steps, "global_context": { "ticket": number },
        "assembler": { "mode": "deterministic" },
    });
    let mut text = String::new();
    let path = format!("{BASE}/projects/{project}/execute");
    http::open(authority, "POST", &path, "", &pipeline.to_string(), PATIENCE)?.read_to_string(&mut text)?;
    let view: Value = serde_json::from_str(&text)?;
    if view["status"] != "SUCCESS" {
        bail!("a run did not end well: {}", view["error"]);
    }
    let steps = view["steps"].as_array().context("the run has no steps")?;
    Ok(steps.iter().filter_map(|step| step["timings"]["generated_tokens"].as_u64()).sum())
}

/// The same turns, asked of the peer.
fn peers_run(authority: &str, number: usize, stops: &[&str]) -> Result<u64> {
    let mut messages = vec![message("system", texts::SYSTEM)];
    let mut tokens = 0;
    for (index, (_, prompt, charge)) in steps(number).into_iter().enumerate() {
        let opening = if index == 0 { format!("Project context:\n- ticket: {number}\n\n") } else { String::new() };
        messages.push(message("user", format!("{opening}{charge}\n\n{prompt}")));
        let question = Question { messages: messages.clone(), max_tokens: MAX_TOKENS, stop: stops };
        let answer = chat::ask(authority, &question)?;
        tokens += answer.tokens;
        messages.push(message("assistant", answer.text));
    }
    Ok(tokens)
}
