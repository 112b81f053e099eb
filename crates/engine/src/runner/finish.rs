//! The end of a run: the final pieces, and whether the Assembler's result may be them.

use brickwork_artifacts::{Artifact, Source};
use brickwork_syntax::ResultFault;

use super::answer::Answer;
use crate::checker::{Checker, assemble, report_syntax, verify};
use crate::pipeline::AssemblerMode;
use crate::ports::FinishReason;
use crate::prompt::file_block;
use crate::run::{
    AssemblyReport, AttachedFile, FinalArtifactsFrom, RunChange, RunRecord, RunStatus, StepOutcome, StepReport,
};

/// The final pieces of a run, where they came from, and what is known of them.
#[derive(Debug, Clone)]
pub struct FinalPieces {
    /// The pieces, with their reports of syntax.
    pub artifacts: Vec<Artifact>,
    /// Where they came from.
    pub from: FinalArtifactsFrom,
    /// What does not fit, and what is wrong with the Assembler's result.
    pub report: AssemblyReport,
}

/// The final pieces of a run all of whose steps ended well.
///
/// They are the Assembler's, unless it gave none, or its result loses a file or has faults that the steps' latest pieces
/// have not: then they are those.
pub async fn final_pieces(checker: &dyn Checker, record: &RunRecord) -> FinalPieces {
    let assembly = assemble(checker, record).await;
    let is_without_model = record.plan.pipeline.assembler_mode() == AssemblerMode::Deterministic;
    let assembler = record.steps.last().filter(|step| !step.artifacts.is_empty() && !is_without_model);
    let mut report = AssemblyReport { conflicts: assembly.conflicts, ..AssemblyReport::default() };
    let mut pieces = assembly.pieces;
    report_syntax(checker, &mut pieces).await;
    let (artifacts, from) = match assembler {
        None => (pieces, FinalArtifactsFrom::Steps),
        Some(assembler) => {
            report.faults = verify(checker, record, &pieces, &assembler.artifacts).await;
            report.fallback =
                !pieces.is_empty() && grave(&report.faults) > grave(&verify(checker, record, &pieces, &pieces).await);
            match assembler.report.source {
                _ if report.fallback => (pieces, FinalArtifactsFrom::Steps),
                Source::Whole => (assembler.artifacts.clone(), FinalArtifactsFrom::AssemblerText),
                Source::Blocks => (assembler.artifacts.clone(), FinalArtifactsFrom::Assembler),
            }
        }
    };
    FinalPieces { artifacts, from, report }
}

/// The change that ends a run all of whose steps ended well.
pub(super) async fn finished(checker: &dyn Checker, record: &RunRecord) -> RunChange {
    let FinalPieces { artifacts, from, report } = final_pieces(checker, record).await;
    RunChange::Finished {
        status: RunStatus::Success,
        error: None,
        final_artifacts: artifacts,
        final_artifacts_from: Some(from),
        assembly: Some(report),
    }
}

/// How many faults would lose code that the pieces have.
fn grave(faults: &[ResultFault]) -> usize {
    let is_grave = |fault: &&ResultFault| {
        matches!(fault, ResultFault::LostFile { .. } | ResultFault::Invalid { .. } | ResultFault::CutOff { .. })
    };
    faults.iter().filter(is_grave).count()
}

/// The Assembler's answer where no model joins the pieces: the latest piece of each file in a block of its own.
pub(super) async fn without_model(checker: &dyn Checker, record: &RunRecord) -> Answer {
    let mut artifacts = assemble(checker, record).await.pieces;
    report_syntax(checker, &mut artifacts).await;
    let block =
        |piece: &Artifact| file_block(&AttachedFile { path: piece.name.clone(), content: piece.content.clone() });
    Answer {
        outcome: StepOutcome::Success { finish_reason: FinishReason::EndOfTurn },
        text: artifacts.iter().map(block).collect(),
        artifacts,
        timings: None,
        report: StepReport { extractor_version: brickwork_artifacts::EXTRACTOR_VERSION, ..StepReport::default() },
    }
}
