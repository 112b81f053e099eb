//! The user's edits of artifacts: each is one change in the run's journal, so that all of them can be taken back.
//!
//! What a list was before its edits is read from the journal, and nowhere else kept.

use brickwork_artifacts::{Artifact, ArtifactOperation, EditFault, EditHistory};
use brickwork_engine::{ArtifactTarget, Journal, Phrase, RunChange, RunEvent, RunEventKind, RunId, report_syntax};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use crate::app::App;
use crate::error::AppError;
use crate::export::path_reason;
use crate::request::invalid;
use crate::views::RunView;

/// One edit of one of a run's lists of artifacts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ArtifactEditRequest {
    /// Which list.
    pub target: ArtifactTarget,
    /// What to do with it.
    pub operation: ArtifactOperation,
}

/// Edits follow one another: each is made of the list that the one before left.
static EDITING: Mutex<()> = Mutex::const_new(());

impl App {
    /// Edits a list of a run's artifacts, and returns the run. An edit that changes nothing is not recorded.
    ///
    /// # Errors
    /// [`AppError::UnknownRun`], [`AppError::InvalidRequest`] with the place of the fault,
    /// [`AppError::ArtifactsNotReady`] while the list is not final, [`AppError::NoEditToUndo`], or a fault of the database.
    pub async fn edit_artifacts(&self, run_id: RunId, request: &ArtifactEditRequest) -> Result<RunView, AppError> {
        let _one_at_a_time = EDITING.lock().await;
        let run = self.run(run_id).await?;
        let ArtifactEditRequest { target, operation } = request;
        check_target(&run, *target)?;
        let mut history = history(*target, self.store().events(run_id, 0).await?);
        let mut list = history.apply(operation).map_err(|fault| refusal(run_id, &fault))?;
        report_syntax(&self.checker().await, &mut list).await;
        if list != history.current() {
            history.record(list.clone());
            let change = RunChange::ArtifactsEdited { target: *target, artifacts: list, edited: history.is_edited() };
            if !self.note(run_id, change).await? {
                return Err(AppError::ArtifactsNotReady(run_id));
            }
        }
        self.run(run_id).await
    }
}

fn check_target(run: &RunView, target: ArtifactTarget) -> Result<(), AppError> {
    let ArtifactTarget::Step { position } = target else { return Ok(()) };
    let known = run.steps.iter().chain([&run.assembler]).any(|step| step.position == position);
    if known {
        return Ok(());
    }
    Err(invalid(
        "unknown_step",
        "$.target.position",
        format!("The run has no step at position {position}."),
        "Give the position of one of its steps, or the number of steps for the Assembler.",
    )
    .saying(Phrase::new("no_step_at_position").with("position", position)))
}

/// What the journal says of one list.
fn history(target: ArtifactTarget, events: Vec<RunEvent>) -> EditHistory {
    let mut history = EditHistory::new(Vec::new());
    for event in events {
        let RunEventKind::Change { change } = event.kind else { continue };
        match change {
            RunChange::ArtifactsEdited { target: of, artifacts, .. } if of == target => history.record(artifacts),
            other => {
                if let Some(extracted) = extracted(target, other) {
                    history = EditHistory::new(extracted);
                }
            }
        }
    }
    history
}

/// The list that a change makes anew, from the output.
fn extracted(target: ArtifactTarget, change: RunChange) -> Option<Vec<Artifact>> {
    match (target, change) {
        (ArtifactTarget::Final, RunChange::Finished { final_artifacts, .. }) => Some(final_artifacts),
        (ArtifactTarget::Final, RunChange::FinalChosen { artifacts, .. }) => Some(artifacts),
        (
            ArtifactTarget::Step { position: wanted },
            RunChange::StepFinished { position, artifacts, .. }
            | RunChange::StepReused { position, artifacts, .. }
            | RunChange::StepReread { position, artifacts, .. }
            | RunChange::StepEdited { position, artifacts, .. },
        ) if position == wanted => Some(artifacts),
        _ => None,
    }
}

fn refusal(run_id: RunId, fault: &EditFault) -> AppError {
    if *fault == EditFault::NothingToUndo {
        return AppError::NoEditToUndo(run_id);
    }
    let code = match fault {
        EditFault::NoSuchArtifact { .. } => "unknown_artifact",
        EditFault::BadName { .. } => "bad_name",
        EditFault::DuplicateName { .. } => "duplicate_name",
        EditFault::BadKind { .. } => "bad_type",
        EditFault::TooLarge { .. } | EditFault::TooMany { .. } => "too_large",
        _ => "wrong_edit",
    };
    let path = format!("$.operation.{}", fault.field());
    invalid(code, &path, fault.to_string(), "Correct the edit and send it again; nothing was changed.")
        .saying(phrase(fault))
}

/// The fault in a form that can be put into another language.
fn phrase(fault: &EditFault) -> Phrase {
    match fault {
        EditFault::NoSuchArtifact { index, count } => {
            Phrase::new("edit_no_such_artifact").with("index", *index).with("count", *count)
        }
        EditFault::BadName { name, fault } => {
            Phrase::new("edit_bad_name").with("name", name).with("fault", path_reason(*fault))
        }
        EditFault::DuplicateName { name } => Phrase::new("edit_duplicate_name").with("name", name),
        EditFault::BadKind { kind } => Phrase::new("edit_bad_type").with("type", kind),
        EditFault::TooFewToMerge => Phrase::new("edit_too_few_to_merge"),
        EditFault::RepeatedIndex { index } => Phrase::new("edit_repeated_index").with("index", *index),
        EditFault::SplitNames { parts, names } => {
            Phrase::new("edit_split_names").with("parts", *parts).with("names", *names)
        }
        EditFault::SplitLine { line, lines } => {
            Phrase::new("edit_split_line").with("line", *line).with("lines", *lines)
        }
        EditFault::TooLarge { name } => Phrase::new("edit_too_large").with("name", name),
        EditFault::TooMany { count } => Phrase::new("edit_too_many").with("count", *count),
        EditFault::NothingToUndo => Phrase::new("edit_nothing_to_undo"),
    }
}
