//! What attempts at a gate, reports and the user's choice of the final pieces leave of a run.

use super::sample::{artifact, attempt_step, finish_run, finish_step, plan, start_step, text};
use super::{events, folded, load, record, refuse, run_id, running, tell};
use crate::ports::Journal;
use crate::run::{FinalArtifactsFrom, RunChange, RunStatus, StepReport};

/// Each attempt voids the text before it and is kept in full, also after the end; a step that begins anew has none.
///
/// # Panics
/// When an attempt or a report is lost, or outlives its step.
pub async fn attempts_and_reports_are_kept<J: Journal>(journal: &J) {
    let run = running(journal, 2).await;
    refuse(journal, run, attempt_step(0, "x", "not begun")).await;
    tell(journal, run, 2, [start_step(0), text(0, 0, "first"), attempt_step(0, "first", "one is wrong")]).await;
    let tried = load(journal, run).await;
    assert_eq!((&*tried.steps[0].result, tried.steps[0].report.attempts.len()), ("", 1));
    assert_eq!(tried.steps[0].report.conflicts.len(), 1);
    tell(journal, run, 5, [text(0, 0, "second"), attempt_step(0, "second", "all is wrong"), finish_step(0, "first")])
        .await;
    let step = load(journal, run).await.steps[0].clone();
    let found: Vec<&str> = step.report.attempts.iter().map(|one| one.findings[0].message.as_str()).collect();
    assert_eq!((&*step.result, found), ("first", vec!["one is wrong", "all is wrong"]));
    assert_eq!((step.report.kept, step.report.passed()), (Some(0), Some(false)));
    assert_eq!((step.report.unclosed, step.report.patches.len(), step.report.conflicts.len()), (true, 1, 1));
    assert!(step.artifacts[0].syntax.is_some());
    refuse(journal, run, attempt_step(0, "x", "after its end")).await;
    tell(journal, run, 8, [start_step(1), attempt_step(1, "x", "void"), RunChange::StepRestarted { position: 1 }])
        .await;
    assert_eq!(load(journal, run).await.steps[1].report, StepReport::default());
    assert_eq!(load(journal, run).await, folded(&events(journal, run, 0).await));
}

/// After a good end the user may take other pieces as the final ones, and a step's artifacts may be found anew.
///
/// # Panics
/// When it is refused then, or taken at another time.
pub async fn final_pieces_are_chosen<J: Journal>(journal: &J) {
    let run = running(journal, 1).await;
    let chosen = || RunChange::FinalChosen {
        from: FinalArtifactsFrom::Steps,
        artifacts: vec![artifact("chosen.rs", "x")],
        reread: false,
    };
    let report = StepReport { extractor_version: 9, ..StepReport::default() };
    let reread = |position| RunChange::StepReread {
        position,
        artifacts: vec![artifact("reread.rs", "y")],
        report: report.clone(),
    };
    refuse(journal, run, chosen()).await;
    tell(journal, run, 2, [start_step(0), finish_step(0, "one")]).await;
    refuse(journal, run, reread(1)).await;
    tell(journal, run, 4, [start_step(1), finish_step(1, "all"), finish_run(RunStatus::Success)]).await;
    assert!(load(journal, run).await.assembly.is_some_and(|report| report.faults.len() == 1));
    tell(journal, run, 7, [chosen(), reread(0)]).await;
    let after = load(journal, run).await;
    assert_eq!((&*after.final_artifacts[0].name, after.final_artifacts_edited), ("chosen.rs", false));
    assert_eq!(after.final_artifacts_from, Some(FinalArtifactsFrom::Steps));
    assert!(after.assembly.is_some(), "what was found out stays");
    let step = &after.steps[0];
    assert_eq!((&*step.artifacts[0].name, step.report.extractor_version, &*step.result), ("reread.rs", 9, "one"));
    record(journal, run, 9, reread(1)).await;
    assert_eq!(load(journal, run).await, folded(&events(journal, run, 0).await));
    let failed = run_id(2);
    tell(journal, failed, 0, [RunChange::Created { plan: plan(1) }, RunChange::Started]).await;
    record(journal, failed, 2, finish_run(RunStatus::Failed)).await;
    refuse(journal, failed, chosen()).await;
}
