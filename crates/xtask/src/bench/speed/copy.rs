//! An Assembler that repeats three files with small edits.
//!
//! The default model cannot do that, so the tests' second one is asked. It has no chat template; the peer is given the one
//! that our worker takes then.

use anyhow::Result;

use super::chat::{self, Answer, Question};
use super::peer::{N_GRAMS, Setting};
use super::rows::{Figure, median};
use super::{Bench, texts};
use crate::models;

const MAX_TOKENS: u64 = 700;

/// The layout for models without a template (`HEADINGS` of `crates/worker/src/chat.rs`), and where its turns end.
const LAYOUT: &str = "{% for message in messages %}{% if message.role == 'user' %}### Instruction:\n{% elif message.role == \
'assistant' %}### Response:\nHere is the code:\n\n{% endif %}{{ message.content }}\n\n{% endfor %}### Response:\nHere is the \
code:{{ '\\n\\n' }}";
pub(super) const HEADINGS: &[&str] = &["--chat-template", LAYOUT];
pub(super) const STOPS: [&str; 2] = ["\n### Instruction:", "\n### Response:"];

const DEFAULTS: Setting = Setting { name: "its defaults", flags: &[HEADINGS] };

/// The fastest of its ways to guess from n-grams in one try of each on 2 cores (AVX2): 2.2 times its defaults;
/// `ngram-cache` 1.9, `ngram-simple` 1.7, `--spec-default` 1.5.
const BEST: Setting = Setting { name: "ngram-mod", flags: &[HEADINGS, N_GRAMS] };

/// Measures the Assembler's turn, with its whole conversation new and after it was computed.
///
/// # Errors
/// When a side cannot be started, or does not answer.
pub(super) fn measure(bench: &Bench<'_>) -> Result<Vec<Figure>> {
    let (ours, _data) = bench.ours(models::SECOND_NAME)?;
    let settings = [DEFAULTS, BEST];
    let peers = settings.iter().map(|setting| bench.peer(models::SECOND_NAME, setting)).collect::<Result<Vec<_>>>()?;
    let sides = [ours.authority(), peers[0].authority(), peers[1].authority()];
    let taken = bench.in_turn(sides.len(), |round, side| {
        let question = Question { messages: texts::copy(round), max_tokens: MAX_TOKENS, stop: &STOPS };
        chat::ask(sides[side], &question)
    })?;
    let names = ["ours", DEFAULTS.name, BEST.name];
    chat::say_work(&names, &taken);
    for (name, answers) in names.iter().zip(&taken) {
        let parts: Vec<f64> = answers.iter().map(|answer| texts::copied(&answer.text)).collect();
        println!("{name}: {:.0} % of the lines stand in the files", 100.0 * median(&parts).unwrap_or_default());
    }
    let mut figures = Vec::new();
    for ((setting, theirs), goal) in settings.iter().zip(&taken[1..]).zip([3.0, 1.5]) {
        let against = setting.against();
        let sides = (&*taken[0], &**theirs);
        figures.push(Figure::of("copy: tokens/s after the first", &against, goal, sides, Answer::decode));
        figures.push(Figure::of("copy: tokens/s, new prompt included", &against, None, sides, Answer::overall));
    }
    Ok(figures)
}
