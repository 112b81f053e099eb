//! How runs end, are held and go on, and what is kept of them then.

use super::sample::{at, cancel_step, fail_step, finish_run, finish_step, plan, start_step, text};
use super::{events, folded, load, record, refuse, run_id, running, tell};
use crate::ports::Journal;
use crate::run::{RunChange, RunStatus};

/// A failed step keeps code and cause, the run its error, and an ended run takes no further change.
///
/// # Panics
/// When something of that is lost.
pub async fn failed_run_keeps_its_cause_and_has_ended<J: Journal>(journal: &J) {
    let run = running(journal, 2).await;
    let failed = RunChange::Finished {
        status: RunStatus::Failed,
        error: Some("Pipeline stopped at step 'step 1': out of memory".into()),
        final_artifacts: Vec::new(),
        final_artifacts_from: None,
        assembly: None,
    };
    tell(journal, run, 2, [start_step(0), finish_step(0, "one"), start_step(1), text(1, 0, "tw")]).await;
    tell(journal, run, 6, [fail_step(1, "tw"), failed]).await;
    let ended = load(journal, run).await;
    assert_eq!(ended, folded(&events(journal, run, 0).await));
    assert_eq!((ended.status, ended.steps[1].status), (RunStatus::Failed, RunStatus::Failed));
    assert_eq!(ended.steps[1].error.as_deref(), Some("out of memory"));
    assert_eq!(ended.steps[1].result, "tw");

    let further = [
        RunChange::Started,
        RunChange::Resumed,
        RunChange::Paused,
        RunChange::Requeued,
        RunChange::Interrupted,
        RunChange::PauseRequested,
        RunChange::CancelRequested,
        RunChange::StepRestarted { position: 1 },
        finish_run(RunStatus::Cancelled),
    ];
    for change in further {
        refuse(journal, run, change).await;
    }
    assert_eq!(load(journal, run).await, ended);
}

/// A cancelled run keeps its finished steps and the text of the one that was cut off.
///
/// # Panics
/// When something of that is lost.
pub async fn cancelled_run_keeps_what_was_made<J: Journal>(journal: &J) {
    let run = running(journal, 2).await;
    tell(journal, run, 2, [start_step(0), finish_step(0, "one"), start_step(1), text(1, 0, "half")]).await;
    tell(journal, run, 6, [cancel_step(1, "half"), finish_run(RunStatus::Cancelled)]).await;
    let ended = load(journal, run).await;
    assert_eq!(ended, folded(&events(journal, run, 0).await));
    assert_eq!((ended.status, ended.steps[1].status), (RunStatus::Cancelled, RunStatus::Cancelled));
    assert_eq!((&*ended.steps[0].result, &*ended.steps[1].result), ("one", "half"));
    refuse(journal, run, RunChange::Started).await;
}

/// An interrupted run is PENDING with its finished steps and unfinished text, and starts again once it is resumed.
///
/// # Panics
/// When something of that is lost.
pub async fn interrupted_run_keeps_finished_steps<J: Journal>(journal: &J) {
    let run = running(journal, 2).await;
    tell(journal, run, 2, [start_step(0), finish_step(0, "one"), start_step(1), text(1, 0, "half")]).await;
    record(journal, run, 6, RunChange::Interrupted).await;
    let cut = load(journal, run).await;
    assert_eq!(cut, folded(&events(journal, run, 0).await));
    assert!(cut.interrupted && cut.status == RunStatus::Pending);
    assert_eq!((&*cut.steps[0].result, &*cut.steps[1].result), ("one", "half"));

    refuse(journal, run, RunChange::Started).await;
    tell(journal, run, 7, [RunChange::Resumed, RunChange::Started, RunChange::StepRestarted { position: 1 }]).await;
    tell(journal, run, 10, [start_step(1), finish_step(1, "two"), start_step(2), finish_step(2, "all")]).await;
    record(journal, run, 14, finish_run(RunStatus::Success)).await;
    let ended = load(journal, run).await;
    assert_eq!(ended, folded(&events(journal, run, 0).await));
    assert!(!ended.interrupted && ended.status == RunStatus::Success);
    assert_eq!(ended.started_at, Some(at(1)), "a run keeps its first start");
}

/// A run whose process stopped in good order is PENDING, held by nothing, and starts again without more ado.
///
/// # Panics
/// When it is not.
pub async fn parked_run_keeps_its_place<J: Journal>(journal: &J) {
    let run = running(journal, 2).await;
    tell(journal, run, 2, [start_step(0), finish_step(0, "one"), start_step(1), text(1, 0, "half")]).await;
    record(journal, run, 6, RunChange::Requeued).await;
    let parked = load(journal, run).await;
    assert_eq!(parked, folded(&events(journal, run, 0).await));
    assert_eq!((parked.status, parked.interrupted, parked.paused), (RunStatus::Pending, false, false));
    refuse(journal, run, RunChange::Resumed).await;
    tell(journal, run, 7, [RunChange::Started, RunChange::StepRestarted { position: 1 }, start_step(1)]).await;
    assert_eq!(load(journal, run).await.steps[0].result, "one");
    let rest = [text(1, 0, "```rs\nfn "), RunChange::Interrupted, finish_run(RunStatus::Cancelled)];
    tell(journal, run, 10, rest).await;
    let ended = load(journal, run).await;
    assert_eq!(ended, folded(&events(journal, run, 0).await));
    let step = &ended.steps[1];
    assert_eq!((step.status, &*step.result), (RunStatus::Cancelled, "```rs\nfn "), "no step of an ended run works on");
    assert_eq!(step.artifacts.len(), 1);
}

/// A paused run is PENDING and does not start until it is resumed. It pauses while it waits, or between two steps.
///
/// # Panics
/// When it does anything else.
pub async fn paused_run_waits_for_the_user<J: Journal>(journal: &J) {
    let run = run_id(1);
    tell(journal, run, 0, [RunChange::Created { plan: plan(2) }, RunChange::Paused]).await;
    refuse(journal, run, RunChange::Started).await;
    refuse(journal, run, RunChange::Paused).await;
    tell(journal, run, 2, [RunChange::Resumed, RunChange::Started, start_step(0)]).await;
    refuse(journal, run, RunChange::Paused).await;
    tell(journal, run, 5, [finish_step(0, "one"), RunChange::Paused]).await;
    let paused = load(journal, run).await;
    assert_eq!(paused, folded(&events(journal, run, 0).await));
    assert_eq!((paused.status, paused.paused), (RunStatus::Pending, true));
    assert_eq!((paused.held_micros, paused.held_since), (0, Some(at(6))), "what comes before its beginning is no hold");
    tell(journal, run, 17, [RunChange::Resumed, RunChange::Started, start_step(1)]).await;
    let goes_on = load(journal, run).await;
    assert!(!goes_on.paused);
    assert_eq!((goes_on.held_micros, goes_on.held_since), (12_000_000, None));
    record(journal, run, 21, RunChange::Interrupted).await;
    record(journal, run, 24, finish_run(RunStatus::Cancelled)).await;
    let ended = load(journal, run).await;
    assert_eq!((ended.held_micros, ended.held_since), (15_000_000, None));
    assert_eq!(ended, folded(&events(journal, run, 0).await));
}

/// A wish to pause or to cancel is part of the record until it is met, and is taken once.
///
/// # Panics
/// When it is lost.
pub async fn wishes_are_kept_until_they_are_met<J: Journal>(journal: &J) {
    let run = running(journal, 2).await;
    tell(journal, run, 2, [start_step(0), RunChange::PauseRequested]).await;
    refuse(journal, run, RunChange::PauseRequested).await;
    record(journal, run, 4, RunChange::Interrupted).await;
    assert!(load(journal, run).await.pause_requested, "the death of a process does not grant the wish");
    tell(journal, run, 5, [RunChange::Resumed, RunChange::Started, RunChange::PauseRequested]).await;
    tell(journal, run, 8, [RunChange::StepRestarted { position: 0 }, start_step(0), finish_step(0, "one")]).await;
    record(journal, run, 11, RunChange::Paused).await;
    assert!(!load(journal, run).await.pause_requested);
    tell(journal, run, 12, [RunChange::Resumed, RunChange::Started, RunChange::CancelRequested]).await;
    refuse(journal, run, RunChange::CancelRequested).await;
    assert!(load(journal, run).await.cancel_requested);
    record(journal, run, 15, finish_run(RunStatus::Cancelled)).await;
    let ended = load(journal, run).await;
    assert_eq!(ended, folded(&events(journal, run, 0).await));
    assert!(!ended.cancel_requested && ended.status == RunStatus::Cancelled);
}
