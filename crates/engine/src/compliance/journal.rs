//! What every [`Journal`] must do. Each check is a function of its own; [`journal_suite`] runs them all.
//!
//! The checks panic with the broken promise. They use no runtime: a caller blocks on them with whatever it has. All runs
//! belong to [`PROJECT_ID`], which the journal must accept.

mod attempts;
mod course;
mod edits;
mod records;
mod sample;
mod steps;

use uuid::Uuid;

use crate::event::{RunEvent, RunEventKind};
use crate::ports::{Journal, JournalError};
use crate::run::{RunChange, RunId, RunRecord};

pub use attempts::{attempts_and_reports_are_kept, final_pieces_are_chosen};
pub use course::{
    cancelled_run_keeps_what_was_made, failed_run_keeps_its_cause_and_has_ended, interrupted_run_keeps_finished_steps,
    parked_run_keeps_its_place, paused_run_waits_for_the_user, wishes_are_kept_until_they_are_met,
};
pub use edits::{artifacts_are_edited_also_after_the_end, edited_output_keeps_the_models_words};
pub use records::{
    created_run_loads_as_pending, disabled_steps_keep_positions, events_page_by_number, hostile_text_survives,
    illegal_changes_change_nothing, numbers_start_at_one_and_grow_by_one, record_equals_the_fold_of_its_events,
    two_runs_do_not_mix, unknown_runs_are_told_apart,
};
pub use sample::{PROJECT_ID, at, finish_run, finish_step, happy_changes, plan};
pub use steps::{restarted_step_loses_its_text, reused_steps_are_as_they_were, text_appends_by_offset};

/// Runs every check, each on a fresh journal.
///
/// # Panics
/// When the journal breaks a promise; the message says which.
pub async fn journal_suite<J: Journal>(make: impl Fn() -> J) {
    created_run_loads_as_pending(&make()).await;
    numbers_start_at_one_and_grow_by_one(&make()).await;
    illegal_changes_change_nothing(&make()).await;
    unknown_runs_are_told_apart(&make()).await;
    record_equals_the_fold_of_its_events(&make()).await;
    text_appends_by_offset(&make()).await;
    failed_run_keeps_its_cause_and_has_ended(&make()).await;
    cancelled_run_keeps_what_was_made(&make()).await;
    interrupted_run_keeps_finished_steps(&make()).await;
    parked_run_keeps_its_place(&make()).await;
    paused_run_waits_for_the_user(&make()).await;
    wishes_are_kept_until_they_are_met(&make()).await;
    reused_steps_are_as_they_were(&make()).await;
    edited_output_keeps_the_models_words(&make()).await;
    artifacts_are_edited_also_after_the_end(&make()).await;
    restarted_step_loses_its_text(&make()).await;
    attempts_and_reports_are_kept(&make()).await;
    final_pieces_are_chosen(&make()).await;
    events_page_by_number(&make()).await;
    two_runs_do_not_mix(&make()).await;
    hostile_text_survives(&make()).await;
    disabled_steps_keep_positions(&make()).await;
}

/// The record that a run's events describe, all of them from the first one on.
///
/// # Panics
/// When they do not start with `Created`, are not numbered 1, 2, 3, ... or hold an illegal change.
#[must_use]
pub fn folded(events: &[RunEvent]) -> RunRecord {
    let mut record: Option<RunRecord> = None;
    for (index, event) in events.iter().enumerate() {
        assert_eq!(event.seq, Some(index as u64 + 1), "events are numbered from 1 without a gap");
        let RunEventKind::Change { change } = &event.kind else {
            panic!("a journal keeps changes only, not {:?}", event.kind);
        };
        match (&mut record, change) {
            (Some(record), change) => record.apply(event.at, change).expect("a journal holds legal changes only"),
            (none, RunChange::Created { plan }) => {
                *none = Some(RunRecord::new(event.run_id, event.at, plan.clone()));
            }
            (None, change) => panic!("the first change of a run is `created`, not `{}`", change.name()),
        }
    }
    record.expect("a run has at least one event")
}

fn run_id(number: u128) -> RunId {
    Uuid::from_u128(number)
}

/// A run with `steps` steps that has been created and started (two changes).
async fn running<J: Journal>(journal: &J, steps: usize) -> RunId {
    let run = run_id(1);
    tell(journal, run, 0, [RunChange::Created { plan: plan(steps) }, RunChange::Started]).await;
    run
}

/// Records `changes` at one second after another from second `first` on.
async fn tell<J: Journal>(journal: &J, run: RunId, first: usize, changes: impl IntoIterator<Item = RunChange>) {
    for (index, change) in changes.into_iter().enumerate() {
        record(journal, run, first + index, change).await;
    }
}

async fn record<J: Journal>(journal: &J, run: RunId, second: usize, change: RunChange) -> u64 {
    let name = change.name();
    match journal.record(run, at(second), change).await {
        Ok(seq) => seq,
        Err(err) => panic!("`{name}` follows and must be taken: {err}"),
    }
}

/// Shows that `change` does not follow and leaves no trace.
async fn refuse<J: Journal>(journal: &J, run: RunId, change: RunChange) {
    let (name, before) = (change.name(), load(journal, run).await);
    let refused = journal.record(run, at(99), change).await;
    assert!(matches!(refused, Err(JournalError::Illegal(_))), "{name} was answered {refused:?}");
    assert_eq!(load(journal, run).await, before, "{name} left a trace");
}

async fn load<J: Journal>(journal: &J, run: RunId) -> RunRecord {
    journal.load(run).await.expect("the journal can be read").expect("the run is in the journal")
}

async fn events<J: Journal>(journal: &J, run: RunId, after: u64) -> Vec<RunEvent> {
    journal.events(run, after).await.expect("the journal can be read")
}
