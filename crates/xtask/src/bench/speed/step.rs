//! One step: time to first token, and tokens per second after it.

use anyhow::Result;

use super::chat::{self, Answer, Question};
use super::peer::{DEFAULTS, N_GRAMS, Setting, TWO_PASSES};
use super::rows::Figure;
use super::{Bench, texts};
use crate::models;

const MAX_TOKENS: u64 = 192;

/// What made a lone short step fastest: guesses from n-grams of the prompt and the answer, and attention in two passes.
const BEST: Setting = Setting { name: "ngram-mod, two passes", flags: &[N_GRAMS, TWO_PASSES] };

/// Measures a short request of the same words.
///
/// # Errors
/// When a side cannot be started, or does not answer.
pub(super) fn measure(bench: &Bench<'_>) -> Result<Vec<Figure>> {
    let (ours, _data) = bench.ours(models::DEFAULT_NAME)?;
    let settings = [DEFAULTS, BEST];
    let peers = settings.iter().map(|setting| bench.peer(models::DEFAULT_NAME, setting)).collect::<Result<Vec<_>>>()?;
    let sides = [ours.authority(), peers[0].authority(), peers[1].authority()];
    let taken = bench.in_turn(sides.len(), |round, side| {
        let question = Question { messages: texts::short(round), max_tokens: MAX_TOKENS, stop: &[] };
        chat::ask(sides[side], &question)
    })?;
    chat::say_work(&["ours", DEFAULTS.name, BEST.name], &taken);
    let mut figures = Vec::new();
    for (setting, theirs) in settings.iter().zip(&taken[1..]) {
        let against = setting.against();
        let sides = (&*taken[0], &**theirs);
        figures.push(Figure::of("step: tokens/s after the first", &against, 1.0, sides, Answer::decode));
        figures.push(Figure::of("step: 1 / s to first token", &against, 1.0, sides, |answer| 1.0 / answer.first_s));
    }
    Ok(figures)
}
