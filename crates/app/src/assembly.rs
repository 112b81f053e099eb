//! What the user decides about a run's pieces after it: whether the Assembler's result or the steps' latest pieces are its
//! final ones, and whether outputs are read anew by newer rules.

use brickwork_artifacts::{Artifact, EXTRACTOR_VERSION, read_output};
use brickwork_engine::{
    FinalArtifactsFrom, Journal, RunChange, RunEvent, RunEventKind, RunId, RunRecord, RunStatus, StepReport, assemble,
    final_pieces, report_syntax,
};
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::checking::AppChecker;
use crate::error::AppError;
use crate::views::RunView;

/// Which pieces are to be the final ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FinalChoice {
    /// The Assembler's.
    Assembler,
    /// The latest piece of each file of the steps.
    Steps,
}

/// A choice of the final pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FinalRequest {
    /// Which.
    pub from: FinalChoice,
}

impl App {
    /// Makes the Assembler's result or the steps' latest pieces the final ones. Edits of the final ones so far are given up;
    /// the outputs stay.
    ///
    /// # Errors
    /// [`AppError::UnknownRun`], [`AppError::ArtifactsNotReady`] unless the run ended well,
    /// [`AppError::NothingToExport`] when there are none of that kind, or a fault of the database.
    pub async fn choose_final(&self, run_id: RunId, request: FinalRequest) -> Result<RunView, AppError> {
        let run = self.recorded(run_id).await?;
        let checker = self.checker().await;
        let from = match request.from {
            FinalChoice::Steps => FinalArtifactsFrom::Steps,
            FinalChoice::Assembler => FinalArtifactsFrom::Assembler,
        };
        let artifacts = pieces_from(&checker, &run, from).await;
        if artifacts.is_empty() {
            return Err(AppError::NothingToExport(run_id));
        }
        if self.note(run_id, RunChange::FinalChosen { from, artifacts, reread: false }).await? {
            return self.run(run_id).await;
        }
        Err(AppError::ArtifactsNotReady(run_id))
    }

    /// Finds the artifacts of an ended run anew in its outputs, by the present rules, and from them the final ones. What the
    /// user edited stays, and so does the choice between the Assembler's result and the steps' pieces where the user made
    /// one. Nothing is generated.
    ///
    /// # Errors
    /// [`AppError::UnknownRun`], [`AppError::ArtifactsNotReady`] while the run has not ended, or a fault of the database.
    pub async fn reread_artifacts(&self, run_id: RunId) -> Result<RunView, AppError> {
        let mut run = self.recorded(run_id).await?;
        if !run.status.has_ended() {
            return Err(AppError::ArtifactsNotReady(run_id));
        }
        let checker = self.checker().await;
        for index in 0..run.steps.len() {
            let step = &run.steps[index];
            // Without a model the pieces were put together, so that nothing is to be found in the output.
            if step.status != RunStatus::Success || step.artifacts_edited || step.model.is_none() {
                continue;
            }
            let position = step.position;
            let mut extraction = read_output(&step.step_name, &step.result, &run.pieces_before(position).concat());
            report_syntax(&checker, &mut extraction.artifacts).await;
            let is_same = extraction.artifacts == step.artifacts && step.report.extractor_version == EXTRACTOR_VERSION;
            if is_same {
                continue;
            }
            let report = StepReport::of(&extraction);
            let artifacts = extraction.artifacts;
            if self.note(run_id, RunChange::StepReread { position, artifacts, report }).await? {
                run = self.recorded(run_id).await?;
            }
        }
        if run.status == RunStatus::Success && !run.final_artifacts_edited {
            let (from, artifacts) = self.finals_anew(&checker, &run).await?;
            if artifacts != run.final_artifacts {
                self.note(run_id, RunChange::FinalChosen { from, artifacts, reread: true }).await?;
            }
        }
        self.run(run_id).await
    }

    /// The final pieces of outputs that were read anew: from where the user chose, else as a run's end would have them.
    async fn finals_anew(
        &self,
        checker: &AppChecker,
        run: &RunRecord,
    ) -> Result<(FinalArtifactsFrom, Vec<Artifact>), AppError> {
        if let Some(from) = chosen_by_user(self.store().events(run.run_id, 0).await?) {
            let artifacts = pieces_from(checker, run, from).await;
            if !artifacts.is_empty() {
                return Ok((from, artifacts));
            }
        }
        let found = final_pieces(checker, run).await;
        Ok((found.from, found.artifacts))
    }

    pub(crate) async fn recorded(&self, run_id: RunId) -> Result<RunRecord, AppError> {
        self.store().load(run_id).await?.ok_or_else(|| AppError::UnknownRun(run_id.to_string()))
    }
}

/// The Assembler's pieces or the steps' latest ones, with their reports of syntax.
async fn pieces_from(checker: &AppChecker, run: &RunRecord, from: FinalArtifactsFrom) -> Vec<Artifact> {
    let mut artifacts = match from {
        FinalArtifactsFrom::Steps => assemble(checker, run).await.pieces,
        FinalArtifactsFrom::Assembler | FinalArtifactsFrom::AssemblerText => {
            run.steps.last().map(|step| step.artifacts.clone()).unwrap_or_default()
        }
    };
    report_syntax(checker, &mut artifacts).await;
    artifacts
}

/// What the user chose last, where that was ever done.
fn chosen_by_user(events: Vec<RunEvent>) -> Option<FinalArtifactsFrom> {
    let chosen = |event: RunEvent| match event.kind {
        RunEventKind::Change { change: RunChange::FinalChosen { from, reread: false, .. } } => Some(from),
        _ => None,
    };
    events.into_iter().rev().find_map(chosen)
}
