//! What one answer has told so far, and what follows from each part of it.

use std::time::Instant;

use brickwork_engine::{Completion, FinishReason, Generation, InferenceErrorCode, InferenceEvent, Phrase, Timings};

use crate::address::BaseUrl;
use crate::answer::Frame;
use crate::client::Key;
use crate::count::estimated_tokens;
use crate::fault::{self, Fault};
use crate::request;
use crate::stops::StopCutter;
use crate::wire::{Choice, Chunk, Progress, ServerTimings, Usage};

/// More bytes than a token has, so that an answer of more text than this many for each was not asked for.
const MOST_BYTES_A_TOKEN: usize = 1024;

/// What a frame leads to.
#[derive(Debug)]
pub(super) enum Step {
    /// These events; more follows.
    Events(Vec<InferenceEvent>),
    /// These events, and nothing more.
    End(Vec<InferenceEvent>),
}

/// The state of one answer.
pub(super) struct Course {
    stops: StopCutter,
    has_stops: bool,
    max_tokens: u32,
    prompt_bytes: usize,
    asked: Instant,
    first_text: Option<Instant>,
    text_bytes: usize,
    /// Parts of the text, about as many as tokens.
    pieces: u32,
    finish: Option<FinishReason>,
    usage: Option<Usage>,
    timings: Option<ServerTimings>,
}

impl Course {
    pub(super) fn new(generation: &Generation) -> Self {
        let parameters = &generation.parameters;
        Self {
            stops: StopCutter::new(&parameters.stop),
            has_stops: !parameters.stop.is_empty(),
            max_tokens: parameters.max_tokens,
            prompt_bytes: request::n_bytes(&generation.prompt),
            asked: Instant::now(),
            first_text: None,
            text_bytes: 0,
            pieces: 0,
            finish: None,
            usage: None,
            timings: None,
        }
    }

    /// Whether any text has come.
    pub(super) const fn has_text(&self) -> bool {
        self.first_text.is_some()
    }

    /// Takes the next part of the answer.
    pub(super) fn take(&mut self, frame: Frame, base: &BaseUrl, key: Option<&Key>) -> Result<Step, Fault> {
        match frame {
            Frame::Sign => Ok(Step::Events(Vec::new())),
            Frame::Done => Ok(Step::End(self.end(FinishReason::EndOfTurn))),
            // Some servers end the connection without a last word; what says why it ended is word enough.
            Frame::End if self.finish.is_some() => Ok(Step::End(self.end(FinishReason::EndOfTurn))),
            Frame::End => Err(fault::cut(base)),
            Frame::Chunk(chunk) => match &chunk.error {
                Some(error) if !error.is_null() => Err(fault::in_stream(base, key, error)),
                _ => self.chunk(*chunk, base),
            },
        }
    }

    fn chunk(&mut self, chunk: Chunk, base: &BaseUrl) -> Result<Step, Fault> {
        self.usage = chunk.usage.or(self.usage);
        self.timings = chunk.timings.or(self.timings);
        let mut events: Vec<InferenceEvent> = chunk.prompt_progress.map(progress).into_iter().collect();
        if let Some(choice) = chunk.choices.into_iter().next() {
            let finish_reason = choice.finish_reason.clone();
            let by_stop_string = choice.stop_reason.as_ref().is_some_and(serde_json::Value::is_string);
            events.extend(self.text(choice, base)?);
            if self.stops.is_found() {
                events.extend(self.end(FinishReason::StopString));
                return Ok(Step::End(events));
            }
            self.finish = match finish_reason.as_deref() {
                None | Some("") => self.finish,
                Some("length") => Some(FinishReason::Length),
                Some("content_filter") => return Err(filtered(base)),
                Some(_) if by_stop_string && self.has_stops => Some(FinishReason::StopString),
                Some(_) => Some(FinishReason::EndOfTurn),
            };
        }
        Ok(Step::Events(events))
    }

    /// The events of a choice's text.
    fn text(&mut self, choice: Choice, base: &BaseUrl) -> Result<Option<InferenceEvent>, Fault> {
        let content = choice.delta.or(choice.message).and_then(|delta| delta.content).or(choice.text);
        let Some(piece) = content.filter(|piece| !piece.is_empty()) else { return Ok(None) };
        self.first_text.get_or_insert_with(Instant::now);
        self.pieces = self.pieces.saturating_add(1);
        self.text_bytes = self.text_bytes.saturating_add(piece.len());
        if self.text_bytes > (self.max_tokens as usize).saturating_mul(MOST_BYTES_A_TOKEN).saturating_add(1 << 16) {
            return Err(fault::nonsense(base, "far more text than was asked for"));
        }
        let text = self.stops.push(&piece);
        let generated = self.generated();
        Ok((!text.is_empty()).then_some(InferenceEvent::Text { text, generated }))
    }

    /// The end of the answer, for the reason that the server gave, else for `reason`.
    fn end(&mut self, reason: FinishReason) -> Vec<InferenceEvent> {
        let finish_reason = if self.stops.is_found() { reason } else { self.finish.unwrap_or(reason) };
        let mut events = Vec::new();
        if !self.stops.is_found() {
            let text = self.stops.finish();
            if !text.is_empty() {
                events.push(InferenceEvent::Text { text, generated: self.generated() });
            }
        }
        let completion = Completion { finish_reason, timings: self.figures(), token_ids: Vec::new() };
        events.push(InferenceEvent::Done(completion));
        events
    }

    /// Tokens generated so far: the server's count, else the parts of the text.
    fn generated(&self) -> u32 {
        let counted = self.timings.map(|timings| timings.predicted_n).filter(|n| *n > 0);
        counted.unwrap_or(self.pieces)
    }

    /// Where time and tokens went: the server's figures where it gives them, else what was seen from here.
    fn figures(&self) -> Timings {
        let now = Instant::now();
        let first = self.first_text.unwrap_or(now);
        let seen = |from: Instant, to: Instant| to.saturating_duration_since(from).as_secs_f64() * 1000.0;
        let mut timings = Timings {
            load_ms: 0.0,
            prompt_ms: seen(self.asked, first),
            generate_ms: seen(first, now),
            prompt_tokens: estimated_tokens(self.prompt_bytes),
            cached_tokens: 0,
            generated_tokens: self.generated(),
            ..Timings::default()
        };
        if let Some(usage) = self.usage.filter(|usage| usage.prompt_tokens > 0) {
            timings.prompt_tokens = usage.prompt_tokens;
            timings.generated_tokens = usage.completion_tokens;
            let cached = usage.prompt_tokens_details.and_then(|details| details.cached_tokens);
            timings.cached_tokens = cached.unwrap_or(0).min(usage.prompt_tokens);
        }
        if let Some(server) = self.timings {
            timings.prompt_ms = server.prompt_ms;
            timings.generate_ms = server.predicted_ms;
            timings.prompt_tokens = server.prompt_n.saturating_add(server.cache_n);
            timings.cached_tokens = server.cache_n;
        }
        timings
    }
}

fn progress(progress: Progress) -> InferenceEvent {
    let Progress { total, cache, processed } = progress;
    let done = processed.max(cache).min(total);
    InferenceEvent::Prompt { done, total, cached: cache.min(done) }
}

fn filtered(base: &BaseUrl) -> Fault {
    let message = format!(
        "The server {} held its answer back: its content filter objects. Write the step in other words.",
        base.host()
    );
    Fault::new(InferenceErrorCode::RemoteRefused, message)
        .saying(Phrase::new("server_filters_content").with("host", base.host()))
}
