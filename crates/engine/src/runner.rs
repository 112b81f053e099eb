//! Drives one run from its first unfinished step to its end, in the order of [`run_order`].
//!
//! Invariant: a change is recorded in the journal before it is announced. A fault of a model fails its step and is data;
//! only a fault of the journal is an error here, since then nothing could be promised any more.

use std::pin::pin;

mod answer;
mod finish;
mod repetition;

pub use finish::{FinalPieces, final_pieces};

use futures::StreamExt;
use futures::future::{BoxFuture, Either, select};
use futures::stream::BoxStream;

use crate::checker::{Checker, assemble};
use crate::event::{RunEvent, RunEventKind};
use crate::order::run_order;
use crate::phrase::Phrase;
use crate::pipeline::AssemblerMode;
use crate::ports::{
    Clock, Generation, Inference, InferenceError, InferenceErrorCode, InferenceEvent, Journal, JournalError, Timings,
};
use crate::prompt;
use crate::run::{RunChange, RunId, RunRecord, RunStatus, StepOutcome, StepRecord};
use crate::signal::{RunSignals, Signal};
use crate::time::Timestamp;

/// Text of a running step is journalled at least this often while it comes in.
const TEXT_CHUNK_SECONDS: f64 = 0.25;

/// What a step says that was stopped by its time limit; the specification's words.
const TIMEOUT: &str = "Model execution timeout";

/// What a run needs of the world.
#[derive(Clone, Copy)]
pub struct Runner<'a> {
    /// Runs the models.
    pub inference: &'a dyn Inference,
    /// Keeps the run.
    pub journal: &'a dyn Journal,
    /// Tells the time.
    pub clock: &'a dyn Clock,
    /// Looks at what the models made.
    pub checker: &'a dyn Checker,
    /// Called with every event, in order, after it became durable where it is a change.
    pub announce: &'a (dyn Fn(RunEvent) + Send + Sync),
}

/// How one generation went.
struct StepResult {
    outcome: StepOutcome,
    text: String,
    timings: Option<Timings>,
}

impl Runner<'_> {
    /// Runs `run_id` from its first unfinished step to its end, or to where it is to wait, and returns it as it then is.
    ///
    /// Finished steps are never run again. A step that an earlier process left unfinished begins anew.
    ///
    /// # Errors
    /// [`JournalError`] when a change could not be recorded; the run stays as its last recorded change left it.
    pub async fn run(&self, run_id: RunId, signals: &RunSignals) -> Result<RunRecord, JournalError> {
        let mut record = self.load(run_id).await?;
        self.change(&mut record, RunChange::Started).await?;
        for index in steps_left(&record) {
            // Read anew before each step: a wish to wait may have been recorded by another process, or by this one in an
            // earlier life, and the user may have edited artifacts that the step reads.
            record = self.load(run_id).await?;
            let StepRecord { position, status, .. } = record.steps[index];
            if signals.cancel.is_given() {
                return self.stop(record, index, RunStatus::Cancelled).await;
            }
            if is_to_wait(&record, signals) {
                self.change(&mut record, RunChange::Paused).await?;
                return Ok(record);
            }
            if signals.park.is_given() {
                self.change(&mut record, RunChange::Requeued).await?;
                return Ok(record);
            }
            if status != RunStatus::Pending {
                self.change(&mut record, RunChange::StepRestarted { position }).await?;
            }
            let status = self.step(&mut record, index, &signals.cancel).await?;
            if status != RunStatus::Success {
                return self.stop(record, index, status).await;
            }
        }
        record = self.load(run_id).await?;
        let end = finish::finished(self.checker, &record).await;
        self.change(&mut record, end).await?;
        Ok(record)
    }

    async fn load(&self, run_id: RunId) -> Result<RunRecord, JournalError> {
        self.journal.load(run_id).await?.ok_or(JournalError::UnknownRun(run_id))
    }

    async fn stop(&self, mut record: RunRecord, index: usize, status: RunStatus) -> Result<RunRecord, JournalError> {
        let step = &record.steps[index];
        let error = (status == RunStatus::Failed).then(|| {
            let cause = step.error.as_deref().unwrap_or("unknown cause");
            format!("Pipeline stopped at step '{}': {cause}", step.step_name)
        });
        let finished = RunChange::Finished {
            status,
            error,
            final_artifacts: Vec::new(),
            final_artifacts_from: None,
            assembly: None,
        };
        self.change(&mut record, finished).await?;
        Ok(record)
    }

    async fn step(&self, record: &mut RunRecord, index: usize, cancel: &Signal) -> Result<RunStatus, JournalError> {
        let position = record.steps[index].position;
        if record.plan.pipeline.steps.get(position).is_some_and(|step| step.pause_after) {
            // Recorded before the step starts, so that no death between its end and the pause lets the run go on.
            self.request_pause(record).await?;
        }
        if record.steps[index].is_assembler() {
            record.steps[index].report.conflicts = assemble(self.checker, record).await.conflicts;
        }
        let turn = prompt::turn(record, position);
        let conversation = prompt::conversation(record, position, &turn.text);
        let conflicts = record.steps[index].report.conflicts.clone();
        let started = RunChange::StepStarted { position, prompt: turn.text, warnings: turn.warnings, conflicts };
        self.change(record, started).await?;
        let begun = self.clock.now();
        let is_without_model =
            record.steps[index].is_assembler() && record.plan.pipeline.assembler_mode() == AssemblerMode::Deterministic;
        let answer = if is_without_model {
            finish::without_model(self.checker, record).await
        } else {
            self.answer(record, index, conversation, cancel).await?
        };
        let finished = RunChange::StepFinished {
            position,
            artifacts: answer.artifacts,
            outcome: answer.outcome,
            result: answer.text,
            execution_time: self.clock.now().seconds_since(begun),
            timings: answer.timings,
            report: answer.report,
        };
        self.change(record, finished).await?;
        Ok(record.steps[index].status)
    }

    /// Records the wish to wait after the running step; that somebody wished so before is as good.
    async fn request_pause(&self, record: &mut RunRecord) -> Result<(), JournalError> {
        match self.change(record, RunChange::PauseRequested).await {
            Err(JournalError::Illegal(_)) => Ok(()),
            recorded => recorded,
        }
    }

    /// One generation. `begun` is what the model had written of this answer before, and the result begins with it.
    async fn generate(
        &self,
        record: &mut RunRecord,
        position: usize,
        generation: Generation,
        begun: String,
        cancel: &Signal,
    ) -> Result<StepResult, JournalError> {
        let timeout_s = record.plan.timeout_s_at(position);
        let mut stream = self.inference.generate(generation);
        // Of what was written before, the journal may lack the end.
        let mut kept = record.step(position).map_or(0, |step| step.result.len());
        let mut text = begun;
        let mut last_chunk = self.clock.now();
        let mut limit: Option<BoxFuture<'static, ()>> = None;
        loop {
            let next = match next_event(&mut stream, cancel, &mut limit).await {
                Next::Event(next) => next,
                Next::Cancelled => {
                    return Ok(StepResult { outcome: StepOutcome::Cancelled, text, timings: None });
                }
                Next::TimedOut => {
                    let error = InferenceError::new(InferenceErrorCode::TimedOut, TIMEOUT);
                    return Ok(failed(error.saying(Phrase::new("timed_out")), text));
                }
            };
            if let (None, Some(seconds)) = (&limit, timeout_s) {
                // The first word from the model: until then the step waited for its turn, which is not the model's time.
                limit = Some(self.clock.sleep(seconds as f64));
            }
            let now = self.clock.now();
            match next {
                Some(InferenceEvent::Loading { fraction }) => {
                    self.progress(record, now, RunEventKind::Loading { position, fraction });
                }
                Some(InferenceEvent::Prompt { done, total, cached }) => {
                    self.progress(record, now, RunEventKind::Prompt { position, done, total, cached });
                }
                Some(InferenceEvent::Text { text: piece, generated }) => {
                    let offset = text.len();
                    text.push_str(&piece);
                    self.progress(record, now, RunEventKind::Text { position, offset, text: piece, generated });
                    if now.seconds_since(last_chunk) >= TEXT_CHUNK_SECONDS {
                        let chunk = RunChange::StepText { position, offset: kept, text: text[kept..].to_owned() };
                        self.change(record, chunk).await?;
                        kept = text.len();
                        last_chunk = now;
                    }
                }
                Some(InferenceEvent::Done(done)) => {
                    let outcome = StepOutcome::Success { finish_reason: done.finish_reason };
                    return Ok(StepResult { outcome, text, timings: Some(done.timings) });
                }
                Some(InferenceEvent::Failed(error)) => return Ok(failed(error, text)),
                None => {
                    let error = InferenceError::new(
                        InferenceErrorCode::Internal,
                        "The model's answer ended without a result. Run the step again; if it repeats, look into the log.",
                    );
                    return Ok(failed(error.saying(Phrase::new("answer_without_result")), text));
                }
            }
        }
    }

    fn progress(&self, record: &RunRecord, at: Timestamp, kind: RunEventKind) {
        (self.announce)(RunEvent { run_id: record.run_id, seq: None, at, kind });
    }

    async fn change(&self, record: &mut RunRecord, change: RunChange) -> Result<(), JournalError> {
        let at = self.clock.now();
        let seq = self.journal.record(record.run_id, at, change.clone()).await?;
        record.apply(at, &change)?;
        // Others may have recorded wishes in between.
        record.seq = seq;
        let kind = RunEventKind::Change { change };
        (self.announce)(RunEvent { run_id: record.run_id, seq: Some(seq), at, kind });
        Ok(())
    }
}

/// The steps that have not ended well, as indices of the record's steps, in the order in which they are to run.
fn steps_left(record: &RunRecord) -> Vec<usize> {
    let index_of = |position: usize| record.steps.iter().position(|step| step.position == position);
    let mut left: Vec<usize> = run_order(&record.plan).into_iter().filter_map(index_of).collect();
    left.retain(|&index| record.steps[index].status != RunStatus::Success);
    // One that was cut off comes first, whatever the order: it may have been begun by a program that had another one.
    left.sort_by_key(|&index| record.steps[index].status == RunStatus::Pending);
    left
}

/// Whether the run is to wait for the user before its next step.
fn is_to_wait(record: &RunRecord, signals: &RunSignals) -> bool {
    let is_cut_off = record.steps.iter().any(|step| step.status == RunStatus::Running);
    !is_cut_off && (record.pause_requested || signals.pause.is_given())
}

/// What came next while a model worked.
enum Next {
    Event(Option<InferenceEvent>),
    Cancelled,
    TimedOut,
}

/// Waits for the model's next event, the user's cancel or the end of the time limit, where there is one.
async fn next_event(
    stream: &mut BoxStream<'static, InferenceEvent>,
    cancel: &Signal,
    limit: &mut Option<BoxFuture<'static, ()>>,
) -> Next {
    let stopped = async {
        let limit = async {
            match limit {
                Some(limit) => limit.await,
                None => futures::future::pending().await,
            }
        };
        match select(pin!(cancel.given()), pin!(limit)).await {
            Either::Left(_) => Next::Cancelled,
            Either::Right(_) => Next::TimedOut,
        }
    };
    // Stopping is asked first, so that a model that never pauses for breath can be stopped all the same.
    match select(pin!(stopped), stream.next()).await {
        Either::Left((stopped, _)) => stopped,
        Either::Right((event, _)) => Next::Event(event),
    }
}

fn failed(error: InferenceError, text: String) -> StepResult {
    let InferenceError { code, message, phrase } = error;
    StepResult { outcome: StepOutcome::Failed { code, error: message, phrase }, text, timings: None }
}
