//! The durable journal: a change is judged, applied to the tables and appended to the events in one transaction.

use brickwork_engine::{
    ArtifactTarget, Journal, JournalError, RunChange, RunEvent, RunId, RunRecord, RunStatus, StepRecord, Timestamp,
};
use futures::FutureExt;
use futures::future::BoxFuture;
use rusqlite::{Connection, TransactionBehavior};

use crate::error::Fault;
use crate::store::Store;
use crate::table::generated_artifacts::Owner;
use crate::table::{generated_artifacts, orchestration_runs, run_events, run_list, run_search, run_steps};

impl Journal for Store {
    fn record(&self, run_id: RunId, at: Timestamp, change: RunChange) -> BoxFuture<'_, Result<u64, JournalError>> {
        async move {
            let recorded = self.writer().call(move |connection| {
                let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let seq = append(&transaction, run_id, at, &change)?;
                transaction.commit()?;
                Ok(seq)
            });
            recorded.await.map_err(Fault::into_journal)
        }
        .boxed()
    }

    fn load(&self, run_id: RunId) -> BoxFuture<'_, Result<Option<RunRecord>, JournalError>> {
        async move {
            let loaded = self.reader().call(move |connection| {
                // One read transaction, so that all tables are seen as of the same change.
                let transaction = connection.transaction_with_behavior(TransactionBehavior::Deferred)?;
                load(&transaction, run_id)
            });
            loaded.await.map_err(Fault::into_journal)
        }
        .boxed()
    }

    fn events(&self, run_id: RunId, after: u64) -> BoxFuture<'_, Result<Vec<RunEvent>, JournalError>> {
        async move {
            let events = self.reader().call(move |connection| {
                if run_list::is_there(connection, run_id)? {
                    run_events::after(connection, run_id, after)
                } else {
                    Ok(Vec::new())
                }
            });
            events.await.map_err(Fault::into_journal)
        }
        .boxed()
    }
}

/// Applies `change` within the caller's transaction, which must be rolled back when this fails.
pub(crate) fn append(connection: &Connection, run_id: RunId, at: Timestamp, change: &RunChange) -> Result<u64, Fault> {
    let seq = match (orchestration_runs::outline(connection, run_id)?, change) {
        (Some(run), change) => advance(connection, run, at, change)?,
        (None, RunChange::Created { plan }) => create(connection, &RunRecord::new(run_id, at, plan.clone()))?,
        (None, _) => return Err(JournalError::UnknownRun(run_id).into()),
    };
    run_events::append(connection, run_id, seq, at, change)?;
    Ok(seq)
}

fn create(connection: &Connection, run: &RunRecord) -> Result<u64, Fault> {
    orchestration_runs::insert(connection, run)?;
    for step in &run.steps {
        run_steps::insert(connection, run.run_id, step)?;
    }
    run_search::put(connection, run.run_id)?;
    Ok(run.seq)
}

/// Lets the engine apply `change` to an outline of the run, and writes what that changed.
fn advance(connection: &Connection, mut run: RunRecord, at: Timestamp, change: &RunChange) -> Result<u64, Fault> {
    let run_id = run.run_id;
    run.steps = run_steps::outlines(connection, run_id)?;
    match change {
        RunChange::StepText { position, offset, text } => {
            let journalled = run_steps::text_bytes(connection, run_id, *position)?;
            run.apply(at, &rebased(*position, *offset, journalled)).map_err(JournalError::from)?;
            run_steps::add_text(connection, run_id, *position, text.len())?;
            orchestration_runs::set_seq(connection, run_id, run.seq)?;
            return Ok(run.seq);
        }
        RunChange::StepStarted { position, .. }
        | RunChange::StepAttempted { position, .. }
        | RunChange::StepFinished { position, .. }
        | RunChange::StepReused { position, .. }
        | RunChange::StepRestarted { position } => {
            if let Some(step) = run.steps.iter_mut().find(|step| step.position == *position) {
                (step.prompt, step.warnings, step.report) = run_steps::beginning(connection, run_id, *position)?;
            }
            run.apply(at, change).map_err(JournalError::from)?;
            if let Some(step) = run.step(*position) {
                update_step(connection, &run, step)?;
            }
        }
        RunChange::StepEdited { position, .. }
        | RunChange::StepReread { position, .. }
        | RunChange::ArtifactsEdited { target: ArtifactTarget::Step { position }, .. } => {
            // Whether somebody has read the step is told by the pipeline, which an outline lacks.
            run = complete(connection, run)?;
            run.apply(at, change).map_err(JournalError::from)?;
            if let Some(step) = run.step(*position) {
                update_step(connection, &run, step)?;
            }
        }
        RunChange::ArtifactsEdited { target: ArtifactTarget::Final, .. } | RunChange::FinalChosen { .. } => {
            run.apply(at, change).map_err(JournalError::from)?;
            replace_final(connection, &run)?;
        }
        RunChange::Finished { .. } => {
            let cut_off: Vec<usize> =
                run.steps.iter().filter(|step| step.status == RunStatus::Running).map(|step| step.position).collect();
            if !cut_off.is_empty() {
                // What they made is read with the files of the steps before them, which an outline lacks.
                run = complete(connection, run)?;
            }
            run.apply(at, change).map_err(JournalError::from)?;
            for step in run.steps.iter().filter(|step| cut_off.contains(&step.position)) {
                update_step(connection, &run, step)?;
            }
            replace_final(connection, &run)?;
            if !cut_off.is_empty() {
                run_search::put(connection, run_id)?;
            }
        }
        RunChange::Created { .. }
        | RunChange::Started
        | RunChange::Interrupted
        | RunChange::Requeued
        | RunChange::PauseRequested
        | RunChange::Paused
        | RunChange::Resumed
        | RunChange::CancelRequested => {
            run.apply(at, change).map_err(JournalError::from)?;
        }
    }
    orchestration_runs::update(connection, &run)?;
    if changes_words(change) {
        run_search::put(connection, run_id)?;
    }
    Ok(run.seq)
}

/// Whether the change writes a step's whole output, which a search is to find.
const fn changes_words(change: &RunChange) -> bool {
    matches!(change, RunChange::StepFinished { .. } | RunChange::StepReused { .. } | RunChange::StepEdited { .. })
}

fn update_step(connection: &Connection, run: &RunRecord, step: &StepRecord) -> Result<(), Fault> {
    run_steps::update(connection, run.run_id, step, run.seq)?;
    let simulated = step.model.is_simulated();
    let owner = Owner { run_id: run.run_id, position: step.position, is_final: false, simulated };
    generated_artifacts::replace(connection, owner, &step.artifacts)
}

/// The run with everything that it has, where `outline` is all that was read of it.
fn complete(connection: &Connection, outline: RunRecord) -> Result<RunRecord, Fault> {
    Ok(load(connection, outline.run_id)?.unwrap_or(outline))
}

fn replace_final(connection: &Connection, run: &RunRecord) -> Result<(), Fault> {
    let position = run.steps.last().map_or(0, |assembler| assembler.position);
    let owner = Owner { run_id: run.run_id, position, is_final: true, simulated: run.is_simulated() };
    generated_artifacts::replace(connection, owner, &run.final_artifacts)
}

/// A text change as the outline sees it, which holds no text: it follows if it begins where the `journalled` bytes end.
fn rebased(position: usize, offset: usize, journalled: usize) -> RunChange {
    let offset = offset.checked_sub(journalled).unwrap_or(usize::MAX);
    RunChange::StepText { position, offset, text: String::new() }
}

fn load(connection: &Connection, run_id: RunId) -> Result<Option<RunRecord>, Fault> {
    let Some(mut run) = orchestration_runs::get(connection, run_id)? else {
        return Ok(None);
    };
    run.steps = run_steps::of_run(connection, run_id)?;
    for stored in generated_artifacts::of_run(connection, run_id)? {
        if stored.is_final {
            run.final_artifacts.push(stored.artifact);
        } else if let Some(step) = run.steps.iter_mut().find(|step| step.position == stored.position) {
            step.artifacts.push(stored.artifact);
        }
    }
    Ok(Some(run))
}
