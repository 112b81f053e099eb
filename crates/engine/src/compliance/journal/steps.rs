//! What a step holds while it writes, when it begins anew, and when it is taken over from another run.

use super::sample::{finish_step, plan, reuse_step, start_step, text};
use super::{events, folded, load, record, refuse, run_id, running, tell};
use crate::ports::Journal;
use crate::run::{DerivedFrom, RunChange, RunStatus};

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
