//! Token after token, from the end of the prompt to the end of the output.

use std::sync::Arc;
use std::time::{Duration, Instant};

use brickwork_worker_protocol::{Done, FinishReason, FromWorker, Generate, JobId, Sampling, Timings};
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::sampling::LlamaSampler;
use llama_cpp_2::token::LlamaToken;
use llama_cpp_2::vocab::LlamaVocab;

use crate::drafts::acceptance::{Acceptance, Class, Origin};
use crate::drafts::earlier::Earlier;
use crate::drafts::{Draft, Drafter};
use crate::failure::Failure;
use crate::model::context::{Context, Place};
use crate::model::draft_model::DraftModel;
use crate::output::Output;
use crate::pace::{self, Costs, LONGEST_GUESS, Offer, Worth};
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

/// A generation under way: from the first token of its prompt that is not in the cache to the end of its output.
///
/// It adds its tokens to the batch that is computed next ([`Generation::add_to`]) and takes what came of them
/// ([`Generation::take_result`]), so that several generations are computed together.
pub(crate) struct Generation {
    job: JobId,
    place: Place,
    prompt: Vec<LlamaToken>,
    request: Generate,
    load_ms: f64,
    started: Instant,
    prompt_ms: f64,
    sampler: LlamaSampler,
    text: GrowingText,
    ids: Vec<LlamaToken>,
    /// For each generated token, the bytes of the whole output up to its end.
    ends: Vec<usize>,
    stream: Stream,
    drafter: Option<Drafter>,
    acceptance: Acceptance,
    n_drafted: usize,
    n_accepted: usize,
    batched: Batched,
}

/// What a generation has in the batch that is computed next.
#[derive(Debug, Default)]
enum Batched {
    #[default]
    Nothing,
    /// A part of the prompt; the place of its last token, where that is the prompt's last.
    Prompt(Option<i32>),
    /// The last token and a guess of those behind it.
    Output { first: i32, guess: Guess },
}

/// What may come next.
#[derive(Debug, Default)]
struct Guess {
    /// What was guessed from each source.
    drafts: Vec<Draft>,
    /// The one of them that is tried, and how many of its tokens.
    tried: Option<(usize, usize)>,
}

impl Guess {
    /// The tokens that are tried.
    fn tokens(&self) -> &[LlamaToken] {
        self.tried.map_or(&[], |(index, n)| &self.drafts[index].tokens[..n])
    }
}

/// What a job needs beside its prompt.
pub(crate) struct Plan {
    pub(crate) place: Place,
    pub(crate) load_ms: f64,
    /// Texts at which the layout of the conversation ends a turn.
    pub(crate) turn_stops: Vec<Stop>,
    pub(crate) output: Arc<Output>,
    /// Whether tokens are guessed ahead.
    pub(crate) drafts: bool,
}

/// What guesses are made from beside a generation's own text.
pub(crate) struct Sources<'a> {
    pub(crate) earlier: &'a Earlier,
    pub(crate) draft_model: Option<&'a mut DraftModel>,
}

/// A generation that has ended well.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) done: Done,
    pub(crate) text: String,
    /// The tokens that make up exactly `text`, when there are such and none of them is a control token.
    pub(crate) ids_of_text: Option<Vec<LlamaToken>>,
}

impl Generation {
    pub(crate) fn new(model: &LlamaModel, prompt: Vec<LlamaToken>, request: Generate, plan: Plan) -> Self {
        let Plan { place, load_ms, turn_stops, output, drafts } = plan;
        let mut stops: Vec<Stop> =
            request.stop.iter().map(|text| Stop { text: text.clone(), ends_turn: false }).collect();
        stops.extend(turn_stops);
        let generation = Self {
            job: request.job,
            place,
            load_ms,
            started: Instant::now(),
            prompt_ms: 0.0,
            sampler: sampler(model, &request.sampling),
            text: GrowingText::new(stops),
            ids: Vec::new(),
            ends: Vec::new(),
            stream: Stream::new(output, request.job),
            drafter: drafts.then(|| Drafter::new(&prompt)),
            acceptance: Acceptance::default(),
            n_drafted: 0,
            n_accepted: 0,
            batched: Batched::Nothing,
            prompt,
            request,
        };
        generation.report_prompt(place.n_cached);
        generation
    }

    pub(crate) const fn job(&self) -> JobId {
        self.job
    }

    pub(crate) const fn request(&self) -> &Generate {
        &self.request
    }

    /// Where its tokens are.
    pub(crate) const fn place(&self) -> Place {
        self.place
    }

    /// How many tokens of its prompt are still to be computed.
    pub(crate) fn n_left_of_prompt(&self, context: &Context) -> usize {
        if self.ids.is_empty() { self.prompt.len().saturating_sub(context.len(self.place.sequence)) } else { 0 }
    }

    /// Adds what it needs next to the batch: of its prompt at most `room` tokens; of its output the last token, and a guess
    /// where that pays and has room.
    ///
    /// # Errors
    /// When the batch is full.
    pub(crate) fn add_to(
        &mut self,
        context: &mut Context,
        sources: Sources<'_>,
        vocab: &LlamaVocab<'_>,
        room: usize,
    ) -> Result<(), Failure> {
        let sequence = self.place.sequence;
        let n_left = self.n_left_of_prompt(context);
        if n_left > 0 {
            let start = self.prompt.len() - n_left;
            let end = self.prompt.len().min(start + room);
            let mut last = None;
            for index in start..end {
                let is_last = index + 1 == self.prompt.len();
                let place = context.add(sequence, self.prompt[index], is_last)?;
                last = is_last.then_some(place);
            }
            self.batched = Batched::Prompt(last);
            return Ok(());
        }
        let Some(last) = self.ids.last() else { return Ok(()) };
        let base = context.n_pending() + 1;
        let first = context.add(sequence, *last, true)?;
        // The last token of the output is never computed, and one more is chosen behind the guess.
        let n_of_output = (self.request.max_tokens as usize).saturating_sub(self.ids.len() + 1);
        let room = room.saturating_sub(1).min(n_of_output);
        let guess = self.guess(&context.costs, sources, vocab, base, room);
        for token in guess.tokens() {
            context.add(sequence, *token, true)?;
        }
        self.batched = Batched::Output { first, guess };
        Ok(())
    }

    /// Guesses of what comes behind the last token, and which of them pays in a batch that has `base` tokens already. The draft
    /// model is only asked where it promises more than the texts do.
    fn guess(
        &mut self,
        costs: &Costs,
        sources: Sources<'_>,
        vocab: &LlamaVocab<'_>,
        base: usize,
        room: usize,
    ) -> Guess {
        let Some(drafter) = &mut self.drafter else { return Guess::default() };
        if room == 0 {
            return Guess::default();
        }
        let mut drafts = drafter.guesses(sources.earlier, LONGEST_GUESS);
        let worth = |offer: Offer| pace::worth(costs, &self.acceptance, offer, base, room);
        let worths = drafts.iter().enumerate().filter_map(|(index, draft)| Some((index, worth(Offer::of(draft))?)));
        let best = worths.max_by(|one, other| one.1.gain.total_cmp(&other.1.gain));
        if let Some(model) = sources.draft_model {
            let token_ms = model.token_ms().unwrap_or(f64::EPSILON);
            let offer = Offer { origin: Origin::Model, n_matching: 0, n_known: LONGEST_GUESS, token_ms };
            match worth(offer) {
                Some(Worth { gain, n }) if best.is_none_or(|(_, best)| gain > best.gain) => {
                    let tokens = model.guess(self.place.sequence, drafter.tokens(), n, |token| vocab.is_eog(token));
                    if !tokens.is_empty() {
                        let tried = Some((drafts.len(), tokens.len()));
                        drafts.push(Draft { tokens, origin: Origin::Model, n_matching: 0 });
                        return Guess { drafts, tried };
                    }
                }
                _ => self.acceptance.passed_over(Class::of(Origin::Model, 0)),
            }
        }
        Guess { drafts, tried: best.map(|(index, worth)| (index, worth.n)) }
    }

    /// Takes what came of its tokens in the batch that was computed. Returns why the output ends, where it does.
    pub(crate) fn take_result(&mut self, vocab: &LlamaVocab<'_>, context: &mut Context) -> Option<FinishReason> {
        match std::mem::take(&mut self.batched) {
            Batched::Nothing => None,
            Batched::Prompt(last) => {
                self.report_prompt(context.len(self.place.sequence));
                let place = last?;
                self.prompt_ms = self.started.elapsed().as_secs_f64() * 1000.0;
                self.started = Instant::now();
                let token = self.choose(context, place);
                self.push(vocab, token)
            }
            Batched::Output { first, guess } => {
                let tried = guess.tokens();
                let n_before = context.len(self.place.sequence) - tried.len();
                let mut chosen = Vec::with_capacity(tried.len() + 1);
                let reason = loop {
                    let n_accepted = chosen.len();
                    let place = first + i32::try_from(n_accepted).unwrap_or(0);
                    let token = self.choose(context, place);
                    chosen.push(token);
                    let reason = self.push(vocab, token);
                    if reason.is_some() || tried.get(n_accepted) != Some(&token) {
                        break reason;
                    }
                };
                // All but the last one were as guessed.
                let n_accepted = chosen.len() - 1;
                self.n_drafted += tried.len();
                self.n_accepted += n_accepted;
                context.cut_back_to(self.place.sequence, n_before + n_accepted);
                // Whether it was tried or not, each guess shows what its kind is worth.
                guess.drafts.iter().for_each(|draft| self.acceptance.judged(draft, &chosen));
                reason
            }
        }
    }

    fn choose(&mut self, context: &Context, place: i32) -> LlamaToken {
        if self.request.sampling.temperature <= 0.0 {
            return likeliest(context.scores(place));
        }
        context.sample(&mut self.sampler, place)
    }

    /// Adds a chosen token to the output. Returns why the output ends, where it does.
    fn push(&mut self, vocab: &LlamaVocab<'_>, token: LlamaToken) -> Option<FinishReason> {
        if vocab.is_eog(token) {
            return Some(FinishReason::EndOfTurn);
        }
        let bytes = vocab.token_to_piece(token, false, None);
        self.ids.push(token);
        self.ends.push(self.ends.last().copied().unwrap_or(0) + bytes.len());
        if let Some(drafter) = &mut self.drafter {
            drafter.push(token);
        }
        if let Some(stop) = self.text.push(&bytes) {
            return Some(if stop.ends_turn { FinishReason::EndOfTurn } else { FinishReason::StopString });
        }
        self.stream.offer(&mut self.text, self.ids.len());
        (self.ids.len() >= self.request.max_tokens as usize).then_some(FinishReason::Length)
    }

    /// What was chosen behind the prompt.
    pub(crate) fn ids(&self) -> &[LlamaToken] {
        &self.ids
    }

    /// Sends what is left of the text, and sums up.
    pub(crate) fn end(mut self, vocab: &LlamaVocab<'_>, finish_reason: FinishReason) -> Ended {
        self.stream.end(&mut self.text, self.ids.len());
        let text = self.text.as_str().to_owned();
        let n = if self.ends.last().is_some_and(|end| *end > text.len()) {
            self.ends.iter().position(|end| *end == text.len()).map(|index| index + 1)
        } else {
            Some(self.ids.len())
        };
        let of_text = n.map(|n| &self.ids[..n]).filter(|ids| !ids.iter().any(|id| vocab.is_control(*id)));
        let timings = Timings {
            load_ms: self.load_ms,
            prompt_ms: self.prompt_ms,
            generate_ms: self.started.elapsed().as_secs_f64() * 1000.0,
            prompt_tokens: count(self.prompt.len()),
            cached_tokens: count(self.place.n_cached),
            generated_tokens: count(self.ids.len()),
            drafted_tokens: count(self.n_drafted),
            accepted_tokens: count(self.n_accepted),
        };
        let ids_of_text = of_text.map(<[LlamaToken]>::to_vec);
        let token_ids = self.ids.iter().map(|id| u32::try_from(id.0).unwrap_or_default()).collect();
        Ended { done: Done { job: self.job, finish_reason, timings, token_ids }, text, ids_of_text }
    }

    fn report_prompt(&self, done: usize) {
        let (done, total, cached) = (count(done), count(self.prompt.len()), count(self.place.n_cached));
        self.stream.output.send(&FromWorker::PromptProgress { job: self.job, done, total, cached });
    }
}

impl std::fmt::Debug for Generation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Generation").field("job", &self.job).field("place", &self.place).finish_non_exhaustive()
    }
}

/// The token with the highest score; the first of those that share it, as llama.cpp's own greedy choice.
pub(crate) fn likeliest(scores: &[f32]) -> LlamaToken {
    let mut best = (0, f32::NEG_INFINITY);
    for (id, score) in scores.iter().enumerate() {
        if *score > best.1 {
            best = (id, *score);
        }
    }
    LlamaToken(i32::try_from(best.0).unwrap_or(0))
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// Text on its way to the program, a few tokens at a time.
pub(crate) struct Stream {
    output: Arc<Output>,
    job: JobId,
    last: Option<Instant>,
}

impl Stream {
    pub(crate) const fn new(output: Arc<Output>, job: JobId) -> Self {
        Self { output, job, last: None }
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
        self.output.send(&FromWorker::Text { job: self.job, text, generated });
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
