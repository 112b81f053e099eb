//! What every [`Journal`] must do. Each check is a function of its own; [`journal_suite`] runs them all.
//!
//! The checks panic with the broken promise. They use no runtime: a caller blocks on them with whatever it has. All runs
//! belong to [`PROJECT_ID`], which the journal must accept.

mod attempts;
mod edits;
mod sample;

use uuid::Uuid;

use crate::event::{RunEvent, RunEventKind};
use crate::ports::{Journal, JournalError};
use crate::run::{DerivedFrom, RunChange, RunId, RunRecord, RunStatus};

pub use attempts::{attempts_and_reports_are_kept, final_pieces_are_chosen};
pub use edits::{artifacts_are_edited_also_after_the_end, edited_output_keeps_the_models_words};
pub use sample::{PROJECT_ID, at, finish_run, finish_step, happy_changes, plan};
use sample::{artifact, fail_step, reuse_step, start_step, text};

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

/// A created run loads as PENDING, with its steps and the Assembler waiting.
///
/// # Panics
/// When it does not.
pub async fn created_run_loads_as_pending<J: Journal>(journal: &J) {
    let run = run_id(1);
    record(journal, run, 0, RunChange::Created { plan: plan(2) }).await;
    let loaded = load(journal, run).await;
    assert_eq!(loaded, RunRecord::new(run, at(0), plan(2)));
    assert_eq!(loaded.status, RunStatus::Pending);
    assert_eq!(loaded.steps.len(), 3, "two steps and the Assembler");
}

/// A run's first change has number 1 and each further one is one higher, whatever other runs do.
///
/// # Panics
/// When a number is another.
pub async fn numbers_start_at_one_and_grow_by_one<J: Journal>(journal: &J) {
    for run in [run_id(1), run_id(2)] {
        for (index, change) in happy_changes(&plan(1)).into_iter().enumerate() {
            assert_eq!(record(journal, run, index, change).await, index as u64 + 1);
        }
        assert_eq!(load(journal, run).await.seq, happy_changes(&plan(1)).len() as u64);
    }
}

/// A change that does not follow is refused, and neither record nor events differ afterwards.
///
/// # Panics
/// When one is taken or leaves a trace.
pub async fn illegal_changes_change_nothing<J: Journal>(journal: &J) {
    let run = run_id(1);
    for (index, change) in [RunChange::Created { plan: plan(2) }, RunChange::Started, start_step(0), text(0, 0, "ab")]
        .into_iter()
        .enumerate()
    {
        record(journal, run, index, change).await;
    }
    let before = load(journal, run).await;
    let illegal = [
        RunChange::Created { plan: plan(2) },
        RunChange::Started,
        start_step(0),
        start_step(7),
        text(0, 1, "overlaps"),
        text(0, 3, "leaves a gap"),
        text(0, usize::MAX, "absurd"),
        text(1, 0, "of a waiting step"),
        finish_step(1, ""),
        RunChange::StepRestarted { position: 1 },
        RunChange::Finished {
            status: RunStatus::Running,
            error: None,
            final_artifacts: Vec::new(),
            final_artifacts_from: None,
            assembly: None,
        },
    ];
    for change in illegal {
        let name = change.name();
        let refused = journal.record(run, at(99), change).await;
        assert!(matches!(refused, Err(JournalError::Illegal(_))), "{name} was answered {refused:?}");
    }
    assert_eq!(load(journal, run).await, before);
    assert_eq!(folded(&events(journal, run, 0).await), before);
}

/// A change to a run that was never created is `UnknownRun`; such a run loads as `None` and has no events.
///
/// # Panics
/// When it is anything else.
pub async fn unknown_runs_are_told_apart<J: Journal>(journal: &J) {
    let run = run_id(404);
    let refused = journal.record(run, at(0), RunChange::Started).await;
    assert!(matches!(refused, Err(JournalError::UnknownRun(id)) if id == run), "answered {refused:?}");
    assert_eq!(journal.load(run).await.expect("the journal can be read"), None);
    assert_eq!(events(journal, run, 0).await, []);
}

/// At every moment of a run that goes well, the record equals the fold of the events.
///
/// # Panics
/// When they differ.
pub async fn record_equals_the_fold_of_its_events<J: Journal>(journal: &J) {
    let run = run_id(1);
    for (index, change) in happy_changes(&plan(3)).into_iter().enumerate() {
        record(journal, run, index, change.clone()).await;
        let told = events(journal, run, 0).await;
        assert_eq!(told.last().map(|event| &event.kind), Some(&RunEventKind::Change { change }));
        assert_eq!(load(journal, run).await, folded(&told), "after change {index}");
    }
    let ended = load(journal, run).await;
    assert_eq!(ended.status, RunStatus::Success);
    assert_eq!(ended.final_artifacts.len(), 1);
    assert!(ended.steps.iter().all(|step| step.artifacts.len() == 1), "each step keeps its artifact");
}

/// Chunks of text join in order while the step runs, and the finished step's whole output replaces them.
///
/// # Panics
/// When the text differs.
pub async fn text_appends_by_offset<J: Journal>(journal: &J) {
    let run = running(journal, 1).await;
    record(journal, run, 2, start_step(0)).await;
    record(journal, run, 3, text(0, 0, "fn über")).await;
    record(journal, run, 4, text(0, 8, "() {")).await;
    record(journal, run, 5, text(0, 12, "")).await;
    record(journal, run, 6, text(0, 12, "}")).await;
    assert_eq!(load(journal, run).await.steps[0].result, "fn über() {}");
    record(journal, run, 7, finish_step(0, "fn über() {}\n")).await;
    assert_eq!(load(journal, run).await.steps[0].result, "fn über() {}\n");
}

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
    tell(journal, run, 6, [sample::cancel_step(1, "half"), finish_run(RunStatus::Cancelled)]).await;
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

/// A step taken over from another run is SUCCESS with everything that it made, and names that run.
///
/// # Panics
/// When something of it is lost.
pub async fn reused_steps_are_as_they_were<J: Journal>(journal: &J) {
    let (earlier, run) = (run_id(8), run_id(1));
    let mut derived = plan(2);
    derived.derived_from = Some(DerivedFrom { run_id: earlier, from: "step 1".into() });
    derived.project_context.insert("team".into(), "blue".into());
    derived.step_timeout_s = Some(60);
    let reused = reuse_step(0, earlier, "one");
    tell(journal, run, 0, [RunChange::Created { plan: derived.clone() }, reused.clone()]).await;
    refuse(journal, run, reused).await;
    let loaded = load(journal, run).await;
    assert_eq!(loaded, folded(&events(journal, run, 0).await));
    assert_eq!(loaded.plan, derived);
    let step = &loaded.steps[0];
    assert_eq!((step.status, step.reused_from, &*step.result), (RunStatus::Success, Some(earlier), "one"));
    assert_eq!((step.artifacts.len(), step.artifacts_edited), (1, true));
    assert_eq!(step.original_result.as_deref(), Some("one, as the model wrote it"));
    record(journal, run, 2, RunChange::Started).await;
    refuse(journal, run, reuse_step(1, earlier, "late")).await;
    refuse(journal, run, start_step(0)).await;
    record(journal, run, 3, start_step(1)).await;
}

/// A restarted step is as new: text, prompt, artifacts and stamps are gone, and its text starts at offset 0 again.
///
/// # Panics
/// When something of the first try is left.
pub async fn restarted_step_loses_its_text<J: Journal>(journal: &J) {
    let run = running(journal, 1).await;
    let fresh = load(journal, run).await.steps;
    tell(journal, run, 2, [start_step(0), text(0, 0, "first try"), RunChange::StepRestarted { position: 0 }]).await;
    assert_eq!(load(journal, run).await.steps, fresh);
    tell(journal, run, 5, [start_step(0), text(0, 0, "second")]).await;
    assert_eq!(load(journal, run).await.steps[0].result, "second");
    record(journal, run, 7, RunChange::StepRestarted { position: 0 }).await;
    assert_eq!(load(journal, run).await.steps, fresh);
    assert_eq!(load(journal, run).await, folded(&events(journal, run, 0).await));
}

/// `events(after)` gives exactly what follows that number, in order.
///
/// # Panics
/// When it gives more or less.
pub async fn events_page_by_number<J: Journal>(journal: &J) {
    let run = run_id(1);
    let changes = happy_changes(&plan(2));
    let count = changes.len();
    tell(journal, run, 0, changes).await;
    let all = events(journal, run, 0).await;
    assert_eq!(all.len(), count);
    for after in 0..=count {
        assert_eq!(events(journal, run, after as u64).await, all[after..], "after {after}");
    }
    assert_eq!(events(journal, run, u64::MAX).await, []);
}

/// Two runs told in turns are each what they would be alone.
///
/// # Panics
/// When one shows in the other.
pub async fn two_runs_do_not_mix<J: Journal>(journal: &J) {
    let (one, other) = (run_id(1), run_id(2));
    for (index, change) in happy_changes(&plan(2)).into_iter().enumerate() {
        record(journal, one, index, change.clone()).await;
        if !matches!(change, RunChange::Finished { .. }) {
            record(journal, other, index + 100, change).await;
        }
    }
    for run in [one, other] {
        let told = events(journal, run, 0).await;
        assert!(told.iter().all(|event| event.run_id == run));
        assert_eq!(load(journal, run).await, folded(&told));
    }
    assert_eq!(load(journal, one).await.status, RunStatus::Success);
    assert_eq!(load(journal, other).await.status, RunStatus::Running);
}

/// NUL, quotes, SQL, bidirectional marks, emoji and a megabyte of text come back byte for byte.
///
/// # Panics
/// When a byte differs.
pub async fn hostile_text_survives<J: Journal>(journal: &J) {
    let run = run_id(1);
    let nasty = "a\0b'\"; DROP TABLE run_steps;-- {{x}} <|im_end|> \u{202e}\u{feff}👩‍💻 \r\n\t\u{1b}[31m \u{10ffff}";
    let long = format!("{nasty}{}", "é\0".repeat(350_000));
    let mut hostile = plan(1);
    hostile.pipeline.name = nasty.into();
    hostile.pipeline.steps[0].prompt = nasty.into();
    hostile.models[0].path = nasty.into();
    tell(journal, run, 0, [RunChange::Created { plan: hostile }, RunChange::Started]).await;
    let warnings = vec![nasty.into(), String::new()];
    let started = RunChange::StepStarted { position: 0, prompt: nasty.into(), warnings, conflicts: Vec::new() };
    tell(journal, run, 2, [started, text(0, 0, &long), text(0, long.len(), nasty)]).await;
    assert_eq!(load(journal, run).await.steps[0].result, format!("{long}{nasty}"));

    let mut finished = finish_step(0, &long);
    if let RunChange::StepFinished { artifacts, .. } = &mut finished {
        *artifacts = vec![artifact(nasty, &long), artifact("", "")];
    }
    tell(journal, run, 5, [finished]).await;
    let loaded = load(journal, run).await;
    assert_eq!(loaded, folded(&events(journal, run, 0).await));
    assert_eq!(loaded.steps[0].result, long);
    assert_eq!(loaded.steps[0].artifacts[0].content, long);
    assert_eq!(loaded.plan.pipeline.name, nasty);
}

/// With a disabled step the others keep their list positions, and the Assembler's is the length of the list.
///
/// # Panics
/// When a position moved.
pub async fn disabled_steps_keep_positions<J: Journal>(journal: &J) {
    let run = run_id(1);
    let mut gap = plan(3);
    gap.pipeline.steps[1].enabled = false;
    tell(journal, run, 0, [RunChange::Created { plan: gap.clone() }, RunChange::Started]).await;
    let positions: Vec<_> = load(journal, run).await.steps.iter().map(|step| step.position).collect();
    assert_eq!(positions, [0, 2, 3]);
    let refused = journal.record(run, at(2), start_step(1)).await;
    assert!(matches!(refused, Err(JournalError::Illegal(_))), "a disabled step does not start: {refused:?}");
    tell(journal, run, 3, [start_step(0), finish_step(0, "a"), start_step(2), finish_step(2, "c")]).await;
    tell(journal, run, 7, [start_step(3), finish_step(3, "all"), finish_run(RunStatus::Success)]).await;
    let ended = load(journal, run).await;
    assert_eq!(ended, folded(&events(journal, run, 0).await));
    assert_eq!(ended.plan, gap);
    assert_eq!(ended.assembled_code(), "all");
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
