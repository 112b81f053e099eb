//! Putting the user's text in the place of a step's output, while the run waits for them.

use brickwork_artifacts::read_output;
use brickwork_engine::{RunChange, RunId, RunRecord, RunStatus, StepReport, report_syntax};

use crate::app::App;
use crate::error::AppError;
use crate::views::RunView;

impl App {
    /// Makes `result` the output of the step called `step_name`, which the steps after it read; its artifacts are found
    /// anew. The model's own words are kept beside it.
    ///
    /// # Errors
    /// [`AppError::UnknownRun`], [`AppError::Unknown`] for a step that the run does not have, [`AppError::RunNotHeld`]
    /// unless the run is paused or interrupted, [`AppError::StepNotEditable`] when the step has not ended well or a step
    /// that reads it has begun, or a fault of the database.
    pub async fn edit_output(&self, run_id: RunId, step_name: &str, result: String) -> Result<RunView, AppError> {
        let run = self.recorded(run_id).await?;
        let step = run.steps.iter().find(|step| step.step_name == step_name);
        let position = step.map(|step| step.position).ok_or_else(|| unknown_step(&run, step_name))?;
        let mut extraction = read_output(step_name, &result, &run.pieces_before(position).concat());
        report_syntax(&self.checker().await, &mut extraction.artifacts).await;
        let (report, artifacts) = (StepReport::of(&extraction), extraction.artifacts);
        // Whether it may be edited is the journal's to say, since the run may be resumed at any moment.
        if self.note(run_id, RunChange::StepEdited { position, result, artifacts, report }).await? {
            return self.run(run_id).await;
        }
        if is_held(&self.recorded(run_id).await?) {
            Err(AppError::StepNotEditable { run_id, step_name: step_name.to_owned() })
        } else {
            Err(AppError::RunNotHeld(run_id))
        }
    }
}

fn is_held(run: &RunRecord) -> bool {
    run.status == RunStatus::Pending && (run.paused || run.interrupted)
}

fn unknown_step(run: &RunRecord, step_name: &str) -> AppError {
    let names: Vec<&str> = run.steps.iter().map(|step| step.step_name.as_str()).collect();
    AppError::Unknown {
        what: "step",
        id: step_name.to_owned(),
        remedy: format!("The run's steps are: {}.", names.join(", ")),
    }
}
