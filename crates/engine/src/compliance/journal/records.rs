//! That the record, the numbers and the events of a run are those of its changes, whatever they hold.

use super::sample::{artifact, at, finish_run, finish_step, happy_changes, plan, start_step, text};
use super::{events, folded, load, record, run_id, tell};
use crate::event::RunEventKind;
use crate::ports::{Journal, JournalError};
use crate::run::{RunChange, RunRecord, RunStatus};

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
