//! What the user's own edits leave of a run.

use super::sample::{edit_artifacts, edit_step, fail_step, finish_run, finish_step, plan, start_step, text};
use super::{events, folded, load, record, refuse, run_id, running, tell};
use crate::ports::Journal;
use crate::run::{ArtifactTarget, RunChange, RunStatus};

/// While a run is held, the output of a finished step can be replaced as long as no step that reads it has begun; the
/// model's own words stay beside it, whatever the number of edits.
///
/// # Panics
/// When an edit is lost, taken at another time, or takes the model's words with it.
pub async fn edited_output_keeps_the_models_words<J: Journal>(journal: &J) {
    let run = run_id(1);
    let mut branches = plan(3);
    branches.pipeline.steps[2].inputs = Some(vec!["step 0".into()]);
    tell(journal, run, 0, [RunChange::Created { plan: branches }, RunChange::Started]).await;
    tell(journal, run, 2, [start_step(0), finish_step(0, "one"), start_step(1), finish_step(1, "two")]).await;
    refuse(journal, run, edit_step(1, "while it runs")).await;
    record(journal, run, 6, RunChange::Paused).await;
    refuse(journal, run, edit_step(0, "step 1 has read it")).await;
    refuse(journal, run, edit_step(2, "not finished")).await;
    refuse(journal, run, edit_step(9, "not there")).await;
    tell(journal, run, 7, [edit_step(1, "by hand"), edit_step(1, "by hand again")]).await;
    let edited = load(journal, run).await;
    assert_eq!(edited, folded(&events(journal, run, 0).await));
    let step = &edited.steps[1];
    assert_eq!((&*step.result, step.original_result.as_deref()), ("by hand again", Some("two")));
    assert_eq!((step.status, &*step.artifacts[0].content), (RunStatus::Success, "by hand again"));
    assert_eq!((step.prompt.as_str(), step.warnings.len()), ("Instruction 1", 1));
    assert_eq!(edited.steps[0].original_result, None);
    tell(journal, run, 9, [RunChange::Resumed, RunChange::Started, start_step(2)]).await;
    record(journal, run, 12, RunChange::Interrupted).await;
    record(journal, run, 13, edit_step(1, "step 2 does not read it")).await;
    record(journal, run, 14, finish_run(RunStatus::Cancelled)).await;
    refuse(journal, run, edit_step(1, "after the end")).await;
    assert_eq!(load(journal, run).await, folded(&events(journal, run, 0).await));
}

/// The artifacts of a finished step can be edited at any time and the final ones after a good end; such a change may
/// follow the run's end, and nothing else of the run differs after it.
///
/// # Panics
/// When an edit is lost, taken at another time, or changes something else.
pub async fn artifacts_are_edited_also_after_the_end<J: Journal>(journal: &J) {
    let (of_step, of_final) = (|position| ArtifactTarget::Step { position }, ArtifactTarget::Final);
    let run = running(journal, 1).await;
    tell(journal, run, 2, [start_step(0), text(0, 0, "on")]).await;
    refuse(journal, run, edit_artifacts(of_step(0), "a.rs")).await;
    tell(journal, run, 4, [finish_step(0, "one"), start_step(1), text(1, 0, "al")]).await;
    record(journal, run, 7, edit_artifacts(of_step(0), "while the next one runs.rs")).await;
    refuse(journal, run, edit_artifacts(of_final, "too early.rs")).await;
    tell(journal, run, 8, [text(1, 2, "l"), finish_step(1, "all"), finish_run(RunStatus::Success)]).await;
    let before = load(journal, run).await;
    assert_eq!((before.steps[0].artifacts_edited, before.final_artifacts_edited), (true, false));
    assert_eq!((&*before.steps[0].artifacts[0].name, &*before.steps[0].result), ("while the next one runs.rs", "one"));

    refuse(journal, run, edit_artifacts(of_step(7), "no such step.rs")).await;
    tell(journal, run, 11, [edit_artifacts(of_step(1), "b.rs"), edit_artifacts(of_final, "c.rs")]).await;
    let after = load(journal, run).await;
    assert_eq!(after, folded(&events(journal, run, 0).await));
    assert_eq!((after.status, after.finished_at), (RunStatus::Success, before.finished_at));
    assert_eq!((after.steps[1].artifacts_edited, after.final_artifacts_edited), (true, true));
    assert_eq!(
        (&*after.steps[1].artifacts[0].name, &*after.final_artifacts[0].name, &after.steps[0]),
        ("b.rs", "c.rs", &before.steps[0])
    );
    assert_eq!((after.final_artifacts_from, after.assembled_code()), (before.final_artifacts_from, "all"));

    let taken_back = |target, artifacts| RunChange::ArtifactsEdited { target, artifacts, edited: false };
    record(journal, run, 13, taken_back(of_final, before.final_artifacts.clone())).await;
    record(journal, run, 14, taken_back(of_step(1), before.steps[1].artifacts.clone())).await;
    let back = load(journal, run).await;
    assert_eq!((&back.final_artifacts, &back.steps[1]), (&before.final_artifacts, &before.steps[1]));
    assert!(!back.final_artifacts_edited, "edits that were taken back leave no mark");
    refuse(journal, run, RunChange::Resumed).await;

    let failed = run_id(2);
    tell(journal, failed, 0, [RunChange::Created { plan: plan(1) }, RunChange::Started, start_step(0)]).await;
    tell(journal, failed, 3, [fail_step(0, "x"), finish_run(RunStatus::Failed)]).await;
    refuse(journal, failed, edit_artifacts(of_step(0), "of a failed step.rs")).await;
    refuse(journal, failed, edit_artifacts(of_final, "of a failed run.rs")).await;
}
