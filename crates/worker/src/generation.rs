//! Token after token, from the end of the prompt to the end of the output.

use std::time::{Duration, Instant};

use brickwork_worker_protocol::{FinishReason, FromWorker, Sampling};
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::sampling::LlamaSampler;
use llama_cpp_2::token::LlamaToken;

use crate::failure::Stopped;
use crate::inference::Work;
use crate::model::context::Context;
use crate::text::{GrowingText, Stop};

/// Least time between two frames of text: about one picture of a screen.
const TEXT_INTERVAL: Duration = Duration::from_millis(16);

/// Longest time without a frame while tokens come, so that the program sees that the worker is alive.
const SIGN_OF_LIFE_INTERVAL: Duration = Duration::from_secs(1);

/// Settings of the DRY penalty beside its strength: growth per token, length of repetition that is free, tokens looked
/// back at, and texts that end a sequence. The values are llama.cpp's defaults, but for the look-back, which is bounded.
const DRY_BASE: f32 = 1.75;
const DRY_FREE_LENGTH: i32 = 2;
const DRY_LOOK_BACK: i32 = 1024;
const DRY_BREAKERS: [&str; 4] = ["\n", ":", "\"", "*"];

/// Tokens below this part of the likeliest one's probability are left out unless a nucleus is asked for; llama.cpp's own
/// default. Without it small models derail on the many unlikely tokens together.
const MIN_P: f32 = 0.05;

/// What to generate.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    pub(crate) max_tokens: u32,
    pub(crate) sampling: &'a Sampling,
    pub(crate) stops: Vec<Stop>,
}

/// What was generated.
#[derive(Debug)]
pub(crate) struct Generated {
    pub(crate) text: String,
    /// All tokens, also those of a stop text; without the one that ended the turn.
    pub(crate) ids: Vec<LlamaToken>,
    /// How many of `ids` make up exactly `text`, when there is such a number and none of them is a control token.
    pub(crate) n_ids_of_text: Option<usize>,
    pub(crate) finish_reason: FinishReason,
    pub(crate) generate_ms: f64,
}

/// Generates behind what `context` holds, and sends the text as it comes.
///
/// # Errors
/// [`Stopped::Cancelled`], or a failure of llama.cpp.
pub(crate) fn generate(
    model: &LlamaModel,
    context: &mut Context,
    plan: Plan<'_>,
    work: Work<'_>,
) -> Result<Generated, Stopped> {
    let started = Instant::now();
    let vocab = model.vocab();
    let mut sampler = sampler(model, plan.sampling);
    let mut text = GrowingText::new(plan.stops);
    let mut ids: Vec<LlamaToken> = Vec::new();
    // For each token, the bytes of the whole output up to its end.
    let mut ends: Vec<usize> = Vec::new();
    let mut stream = Stream::new(work);
    let finish_reason = loop {
        let token = context.sample(&mut sampler);
        if vocab.is_eog(token) {
            break FinishReason::EndOfTurn;
        }
        let bytes = vocab.token_to_piece(token, false, None);
        ids.push(token);
        ends.push(ends.last().copied().unwrap_or(0) + bytes.len());
        if let Some(stop) = text.push(&bytes) {
            break if stop.ends_turn { FinishReason::EndOfTurn } else { FinishReason::StopString };
        }
        stream.offer(&mut text, ids.len());
        if ids.len() >= plan.max_tokens as usize {
            break FinishReason::Length;
        }
        work.check_cancelled()?;
        context.compute(&[token])?;
    };
    stream.end(&mut text, ids.len());
    let text = text.as_str().to_owned();
    let n = if ends.last().is_some_and(|end| *end > text.len()) {
        ends.iter().position(|end| *end == text.len()).map(|index| index + 1)
    } else {
        Some(ids.len())
    };
    let n_ids_of_text = n.filter(|n| !ids[..*n].iter().any(|id| vocab.is_control(*id)));
    let generate_ms = started.elapsed().as_secs_f64() * 1000.0;
    Ok(Generated { text, ids, n_ids_of_text, finish_reason, generate_ms })
}

/// Text on its way to the program, a few tokens at a time.
pub(crate) struct Stream<'a> {
    work: Work<'a>,
    last: Option<Instant>,
}

impl<'a> Stream<'a> {
    pub(crate) const fn new(work: Work<'a>) -> Self {
        Self { work, last: None }
    }

    /// Sends all that is left of a text that has ended.
    pub(crate) fn end(&mut self, text: &mut GrowingText, n_tokens: usize) {
        let rest = text.take_rest();
        if !rest.is_empty() {
            self.send(rest, n_tokens);
        }
    }

    /// Sends what is ready, unless something was sent a moment ago.
    pub(crate) fn offer(&mut self, text: &mut GrowingText, n_tokens: usize) {
        let waited = self.last.map_or(Duration::MAX, |last| last.elapsed());
        if waited < TEXT_INTERVAL {
            return;
        }
        let ready = text.take_ready();
        if !ready.is_empty() || waited >= SIGN_OF_LIFE_INTERVAL {
            self.send(ready, n_tokens);
        }
    }

    fn send(&mut self, text: String, n_tokens: usize) {
        let generated = u32::try_from(n_tokens).unwrap_or(u32::MAX);
        self.work.output.send(&FromWorker::Text { job: self.work.job, text, generated });
        self.last = Some(Instant::now());
    }
}

fn sampler(model: &LlamaModel, sampling: &Sampling) -> LlamaSampler {
    if sampling.temperature <= 0.0 {
        return LlamaSampler::greedy();
    }
    let mut chain = Vec::new();
    if let Some(penalty) = sampling.repeat_penalty.filter(|penalty| *penalty != 1.0) {
        let window = i32::try_from(Sampling::REPEAT_WINDOW).unwrap_or(i32::MAX);
        chain.push(LlamaSampler::penalties(model.n_vocab(), window, penalty, 0.0, 0.0));
    }
    if let Some(multiplier) = sampling.dry_multiplier.filter(|multiplier| *multiplier > 0.0) {
        chain.push(LlamaSampler::dry(model, multiplier, DRY_BASE, DRY_FREE_LENGTH, DRY_LOOK_BACK, DRY_BREAKERS));
    }
    chain.push(match sampling.top_p {
        Some(top_p) => LlamaSampler::top_p(top_p, 1),
        None => LlamaSampler::min_p(MIN_P, 1),
    });
    chain.push(LlamaSampler::temp(sampling.temperature));
    chain.push(LlamaSampler::dist(sampling.seed));
    LlamaSampler::chain_simple(chain)
}
