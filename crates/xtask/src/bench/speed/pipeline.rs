//! The React pipeline, three steps and the Assembler: wall time per generated token, prompts included.
//!
//! Ours is a run. The peer is driven by a script as the specification's flow describes it: each request is one message of
//! the instruction and the context as JSON, which grows by each step's output and artifacts. Beside it stands the same
//! script with our layout, a conversation that only grows, which shows what is the layout's and what is the program's.

mod scripts;

use std::fs;
use std::io::Read;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::super::http;
use super::Bench;
use super::peer::{DEFAULTS, N_GRAMS, Setting, TWO_PASSES};
use super::rows::Figure;
use crate::models;

/// The pipeline that ships.
const PIPELINE: &str = "pipelines/react-component.json";

/// Guesses from n-grams, and pieces of the context that stand at another place than before are shifted there in the cache.
const BEST: Setting =
    Setting { name: "ngram-mod, cache-reuse, two passes", flags: &[N_GRAMS, &["--cache-reuse", "64"], TWO_PASSES] };

/// The parts of the pipeline's lengths that are asked for, so that five sides and six rounds take minutes, not an hour.
const SHORTER: u64 = 2;
const ASSEMBLER_TOKENS: u64 = 2048;

/// What the component is, another one in each round, so that no side guesses from the answers of the rounds before.
const COMPONENTS: [(&str, [&str; 3]); 12] = [
    ("Form", ["name", "email", "submit"]),
    ("Table", ["title", "price", "delete"]),
    ("Calendar", ["month", "day", "next"]),
    ("Gallery", ["picture", "caption", "zoom"]),
    ("Player", ["track", "volume", "play"]),
    ("Board", ["card", "column", "move"]),
    ("Menu", ["dish", "price", "order"]),
    ("Poll", ["question", "answer", "vote"]),
    ("Timer", ["minutes", "label", "start"]),
    ("Cart", ["product", "amount", "pay"]),
    ("Chat", ["name", "message", "send"]),
    ("Map", ["place", "marker", "search"]),
];

const EXECUTE: &str = "/api/v1/orchestrator/projects/550e8400-e29b-41d4-a716-446655440000/execute";
const PATIENCE: Duration = Duration::from_secs(1800);

/// A run of the pipeline on one side.
#[derive(Debug)]
struct Run {
    wall_s: f64,
    tokens: u64,
}

impl Run {
    fn speed(&self) -> f64 {
        self.tokens as f64 / self.wall_s
    }
}

/// Measures our run and the scripts.
///
/// # Errors
/// When a side cannot be started, or a run fails.
pub(super) fn measure(bench: &Bench<'_>) -> Result<Vec<Figure>> {
    let text = fs::read_to_string(bench.workspace.root.join(PIPELINE)).context("the pipeline cannot be read")?;
    let template: Value = serde_json::from_str(&text)?;
    let (ours, _data) = bench.ours(models::DEFAULT_NAME)?;
    let settings = [DEFAULTS, BEST];
    let peers = settings.iter().map(|setting| bench.peer(models::DEFAULT_NAME, setting)).collect::<Result<Vec<_>>>()?;
    // The turns of our latest run, for the script with our layout.
    let mut turns = Vec::new();
    let taken = bench.in_turn(5, |round, side| {
        let pipeline = of_round(&template, round);
        let run = match side {
            0 => {
                let (run, view) = ours_run(ours.authority(), &pipeline)?;
                turns = scripts::turns(&view);
                run
            }
            1 | 2 => scripts::as_specified(peers[side - 1].authority(), &pipeline)?,
            _ => scripts::growing(peers[side - 3].authority(), &pipeline, &turns)?,
        };
        println!("round {round}, side {side}: {} tokens in {:.1} s", run.tokens, run.wall_s);
        Ok(run)
    })?;
    let mut figures = Vec::new();
    for (index, goal) in [(1, 3.0), (2, 1.5)] {
        let against = settings[index - 1].against();
        let sides = (&*taken[0], &*taken[index]);
        figures.push(Figure::of("pipeline: tokens/s of wall time", &against, goal, sides, Run::speed));
        let layout = format!("{against}, our layout");
        let sides = (&*taken[0], &*taken[index + 2]);
        figures.push(Figure::of("pipeline: tokens/s of wall time", &layout, None, sides, Run::speed));
    }
    Ok(figures)
}

/// The pipeline at temperature 0, shorter, with a context and a component of its own for each round.
fn of_round(template: &Value, round: usize) -> Value {
    let mut pipeline = template.clone();
    for step in pipeline["steps"].as_array_mut().into_iter().flatten() {
        let length = step["parameters"]["max_tokens"].as_u64().unwrap_or(512);
        step["parameters"] = json!({ "max_tokens": length / SHORTER, "temperature": 0 });
    }
    let (component, fields) = COMPONENTS[round % COMPONENTS.len()];
    if let Some(own) = pipeline["steps"][0].get_mut("context") {
        *own = json!({ "component_type": component, "fields": fields });
    }
    let mut context = json!({ "ticket": round });
    for (key, value) in pipeline["global_context"].as_object().into_iter().flatten() {
        context[key] = value.clone();
    }
    pipeline["global_context"] = context;
    pipeline["assembler"] = json!({ "parameters": { "max_tokens": ASSEMBLER_TOKENS / SHORTER, "temperature": 0 } });
    pipeline
}

/// A run of ours, from the request to its whole answer.
fn ours_run(authority: &str, pipeline: &Value) -> Result<(Run, Value)> {
    let body = pipeline.to_string();
    let started = Instant::now();
    let mut text = String::new();
    http::open(authority, "POST", EXECUTE, "", &body, PATIENCE)?.read_to_string(&mut text)?;
    let wall_s = started.elapsed().as_secs_f64();
    let view: Value = serde_json::from_str(&text)?;
    if view["status"] != "SUCCESS" {
        bail!("our run did not end well: {}", view["error"]);
    }
    let tokens = steps(&view).filter_map(|step| step["timings"]["generated_tokens"].as_u64()).sum();
    Ok((Run { wall_s, tokens }, view))
}

/// The steps of a run, the Assembler last.
fn steps(view: &Value) -> impl Iterator<Item = &Value> {
    view["steps"].as_array().into_iter().flatten().chain(Some(&view["assembler"]).filter(|step| step.is_object()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_has_a_context_of_its_own_at_the_front() {
        let template = json!({
            "steps": [{ "step_name": "a", "context": {}, "parameters": { "max_tokens": 512, "temperature": 0.7 } }],
            "global_context": { "framework": "react" },
        });
        let pipeline = of_round(&template, 3);
        assert_eq!(pipeline["steps"][0]["context"]["component_type"], "Gallery");
        assert_eq!(pipeline["steps"][0]["parameters"], json!({ "max_tokens": 256, "temperature": 0 }));
        assert_eq!(pipeline["global_context"].to_string(), r#"{"ticket":3,"framework":"react"}"#);
        assert_eq!(pipeline["assembler"]["parameters"]["max_tokens"], 1024);
    }
}
