//! From the start of the process to the first token, and the same after a restart with a long prompt that was computed
//! before. The files are in the system's cache on both sides.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};

use super::chat::{self, Question, message};
use super::peer::{DEFAULTS, Setting};
use super::rows::Figure;
use super::{Bench, texts};
use crate::models;

const MAX_TOKENS: u64 = 8;

/// About 2,250 tokens.
const LONG_LINES: usize = 100;

/// The empty run that warms the model up costs more than it saves here, and so does a cache for the model's whole context.
const BEST: Setting = Setting {
    name: "no warm-up, 4,096 tokens",
    flags: &[&["--no-warmup", "--ctx-size", "4096", "--parallel", "1", "--fit", "off"]],
};

/// From process to first token, and from the request, in seconds.
#[derive(Debug, Clone, Copy)]
struct Start {
    process_s: f64,
    request_s: f64,
}

/// Measures short starts of both sides, and our restarts.
///
/// # Errors
/// When a side cannot be started, or does not answer.
pub(super) fn measure(bench: &Bench<'_>) -> Result<Vec<Figure>> {
    let settings = [DEFAULTS, BEST];
    let data = bench.bound(models::DEFAULT_NAME)?;
    let starts = bench.in_turn(3, |round, side| {
        let question = Question { messages: texts::short(round), max_tokens: MAX_TOKENS, stop: &[] };
        match side {
            0 => ours(bench, data.path(), &question),
            _ => {
                let peer = bench.peer(models::DEFAULT_NAME, &settings[side - 1])?;
                start(peer.authority(), peer.started, &question)
            }
        }
    })?;
    let mut figures = Vec::new();
    let process = |start: &Start| 1.0 / start.process_s;
    for (index, setting) in settings.iter().enumerate() {
        let (sides, against) = ((&*starts[0], &*starts[index + 1]), setting.against());
        let goal = (index == 0).then_some(1.0);
        figures.push(Figure::of("cold: 1 / s from process to first token", &against, goal, sides, process));
    }
    let (mut first, mut again) = (Vec::new(), Vec::new());
    for round in 0..bench.rounds {
        let data = bench.bound(models::DEFAULT_NAME)?;
        let content = format!("{}\nSum these notes up.", texts::notes(round * 1000, LONG_LINES));
        let messages = vec![texts::system(round), message("user", content)];
        let question = Question { messages, max_tokens: MAX_TOKENS, stop: &[] };
        first.push(ours(bench, data.path(), &question)?);
        again.push(ours(bench, data.path(), &question)?);
    }
    let (sides, against) = ((&*again, &*first), "ours, the prompt new");
    figures.push(Figure::of("restart: 1 / s from process to first token", against, 5.0, sides, process));
    figures.push(Figure::of("restart: 1 / s to first token", against, None, sides, |start| 1.0 / start.request_s));
    Ok(figures)
}

/// Starts our server, asks, and ends it in good order.
fn ours(bench: &Bench<'_>, data: &Path, question: &Question<'_>) -> Result<Start> {
    let server = bench.ours_on(data)?;
    let taken = start(server.authority(), server.started, question);
    server.stop();
    taken
}

fn start(authority: &str, started: Instant, question: &Question<'_>) -> Result<Start> {
    let answer = chat::ask(authority, question)?;
    let first = answer.first_at.context("the answer is empty")?;
    println!(
        "{} prompt tokens, {} of them cached: {:.2} s from the request",
        answer.prompt_tokens, answer.cached_tokens, answer.first_s
    );
    Ok(Start { process_s: first.duration_since(started).as_secs_f64(), request_s: answer.first_s })
}
