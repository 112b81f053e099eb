//! One step's answer: generated, continued where it was cut off, held against its gate, and asked for again.

use brickwork_artifacts::{Artifact, Extraction, latest_pieces, read_output};

use super::repetition::ends_in_a_loop;
use super::{Runner, StepResult};
use crate::checker::{judge, report_syntax};
use crate::gate::{Finding, Gate, repair_turn};
use crate::phrase::Phrase;
use crate::pipeline::Parameters;
use crate::ports::{FinishReason, Generation, InferenceErrorCode, JournalError, Message, Prompt, Speaker, Timings};
use crate::run::{Attempt, RunChange, RunRecord, StepOutcome, StepReport};
use crate::signal::Signal;

/// A step's answer as it is kept.
pub(super) struct Answer {
    pub(super) outcome: StepOutcome,
    pub(super) text: String,
    pub(super) artifacts: Vec<Artifact>,
    pub(super) timings: Option<Timings>,
    pub(super) report: StepReport,
}

/// One answer with what was found in it.
struct Tried {
    result: StepResult,
    extraction: Extraction,
    findings: Vec<Finding>,
    continuations: u32,
}

impl Runner<'_> {
    /// The answer of the step at `index` of the record to `conversation`. With a gate, the first attempt that passes, else
    /// the one of which least is wrong.
    pub(super) async fn answer(
        &self,
        record: &mut RunRecord,
        index: usize,
        mut conversation: Vec<Message>,
        cancel: &Signal,
    ) -> Result<Answer, JournalError> {
        let position = record.steps[index].position;
        let gate = record.plan.pipeline.steps.get(position).and_then(|step| step.gate.clone());
        let Some(gate) = gate else {
            let tried = self.attempt(record, index, &conversation, None, cancel).await?;
            return Ok(kept(tried, None));
        };
        let mut all: Vec<Tried> = Vec::new();
        loop {
            let tried = self.attempt(record, index, &conversation, Some(&gate), cancel).await?;
            let StepOutcome::Success { finish_reason } = tried.result.outcome else {
                // The model failed, or the user stopped it: an earlier attempt is not what was asked for any more.
                return Ok(kept(tried, None));
            };
            let attempt = Attempt {
                result: tried.result.text.clone(),
                artifacts: tried.extraction.artifacts.clone(),
                findings: tried.findings.clone(),
                finish_reason,
                timings: tried.result.timings.unwrap_or_default(),
            };
            self.change(record, RunChange::StepAttempted { position, attempt }).await?;
            let has_passed = tried.findings.is_empty();
            conversation.push(Message::new(Speaker::Assistant, tried.result.text.clone()));
            conversation.push(Message::new(Speaker::User, repair_turn(&tried.findings)));
            all.push(tried);
            if has_passed || all.len() > gate.repairs as usize {
                break;
            }
        }
        let best = best(&all);
        let tried = all.swap_remove(best);
        let findings = tried.findings.clone();
        let mut answer = kept(tried, Some(best));
        answer.refuse_where_required(&gate, &findings);
        Ok(answer)
    }

    /// One generation with its continuations, and what `gate` finds wrong with it.
    async fn attempt(
        &self,
        record: &mut RunRecord,
        index: usize,
        conversation: &[Message],
        gate: Option<&Gate>,
        cancel: &Signal,
    ) -> Result<Tried, JournalError> {
        let position = record.steps[index].position;
        let step_name = record.steps[index].step_name.clone();
        let pieces = record.pieces_before(position);
        let earlier = pieces.concat();
        let mut continuations = 0;
        let mut result = StepResult { outcome: StepOutcome::Cancelled, text: String::new(), timings: None };
        let mut extraction = loop {
            let mut messages = conversation.to_vec();
            if continuations > 0 {
                // The conversation ends within the model's own turn, which it goes on with.
                messages.push(Message::new(Speaker::Assistant, result.text.clone()));
            }
            let generation = Generation {
                model: record.steps[index].model.clone(),
                prompt: Prompt::Chat(messages),
                parameters: Parameters {
                    seed: record.plan.seeds.get(position).copied(),
                    ..record.plan.pipeline.parameters_at(position)
                },
            };
            let begun = std::mem::take(&mut result.text);
            let next = self.generate(record, position, generation, begun, cancel).await?;
            let timings = sum(result.timings, next.timings);
            result = StepResult { timings, ..next };
            let extraction = read_output(&step_name, &result.text, &earlier);
            let is_cut = matches!(result.outcome, StepOutcome::Success { finish_reason: FinishReason::Length });
            // Servers differ in what they make of a conversation that ends within the model's own turn.
            let is_local = record.steps[index].model.is_local();
            let may_go_on = is_local && continuations < record.plan.pipeline.continuations_at(position);
            // In a loop a model would only write more of the same.
            if !(is_cut && extraction.unclosed && may_go_on) || ends_in_a_loop(&result.text) {
                break extraction;
            }
            continuations += 1;
        };
        report_syntax(self.checker, &mut extraction.artifacts).await;
        let mut findings = Vec::new();
        if let (Some(gate), StepOutcome::Success { .. }) = (gate, &result.outcome) {
            let mut lists = pieces;
            lists.push(extraction.artifacts.clone());
            findings = judge(self.checker, gate, &extraction, latest_pieces(&lists)).await;
        }
        Ok(Tried { result, extraction, findings, continuations })
    }
}

impl Answer {
    /// Fails the step whose gate must be passed and was not.
    fn refuse_where_required(&mut self, gate: &Gate, findings: &[Finding]) {
        if let (true, Some(first)) = (gate.required, findings.first()) {
            let tries = gate.repairs + 1;
            let error = format!(
                "No answer passed the step's gate in {tries} attempts: {} Change the prompt, allow more repairs, or let the \
                 gate not be required.",
                first.message
            );
            let phrase = Phrase::new("gate_failed").with("tries", tries).with("cause", &first.message);
            self.outcome = StepOutcome::Failed { code: InferenceErrorCode::GateFailed, error, phrase: Some(phrase) };
        }
    }
}

fn kept(tried: Tried, kept: Option<usize>) -> Answer {
    let Tried { result, extraction, continuations, .. } = tried;
    let report = StepReport { continuations, kept, ..StepReport::of(&extraction) };
    Answer {
        outcome: result.outcome,
        text: result.text,
        artifacts: extraction.artifacts,
        timings: result.timings,
        report,
    }
}

/// The attempt to keep: one that passed, else one with artifacts of which least is wrong; of equals the first.
fn best(all: &[Tried]) -> usize {
    let order = |tried: &Tried| (tried.extraction.artifacts.is_empty(), tried.findings.len());
    (0..all.len()).min_by_key(|&at| order(&all[at])).unwrap_or_default()
}

/// The times and tokens of an answer that was made in several parts. The prompt's are those of the first.
fn sum(first: Option<Timings>, next: Option<Timings>) -> Option<Timings> {
    let (Some(first), Some(next)) = (first, next) else { return next.or(first) };
    Some(Timings {
        load_ms: first.load_ms + next.load_ms,
        prompt_ms: first.prompt_ms + next.prompt_ms,
        generate_ms: first.generate_ms + next.generate_ms,
        generated_tokens: first.generated_tokens + next.generated_tokens,
        drafted_tokens: first.drafted_tokens + next.drafted_tokens,
        accepted_tokens: first.accepted_tokens + next.accepted_tokens,
        ..first
    })
}
