//! What a pipeline would ask its models, and what that costs of their context windows, before anything runs.
//!
//! Invariant: a prompt is laid out by the engine and by the model's own chat template exactly as in a run, and counted by
//! the model's own tokenizer, in a second worker that reads vocabularies only: a running generation never blocks it.

mod budget;
mod cache;
mod parse;
mod views;

use std::collections::HashMap;

use brickwork_engine::{
    ASSEMBLER_STEP, InferenceError, InferenceErrorCode, Journal, ModelRef, Phrase, Preview, RunId, RunPlan,
    model_loads, run_order,
};
use serde_json::Value;
use uuid::Uuid;

use crate::app::App;
use crate::error::AppError;
use crate::models::ModelsView;
use crate::project_files::attached_files;
use crate::request::invalid;

pub(crate) use budget::Counter;
pub use views::{PreviewMessage, PreviewModelView, PreviewPartView, PreviewProblem, PreviewStepView, PreviewView};

/// What is to be looked at before it runs.
#[derive(Debug, Clone, PartialEq)]
pub struct PreviewRequest {
    /// The pipeline; it may be unfinished: without a name, steps or prompts.
    pub pipeline: Value,
    /// The name of the step whose text is wanted, `assembler` included; none when absent.
    pub step: Option<String>,
    /// A run whose outputs are known where a rerun of the pipeline would take them over.
    pub run_id: Option<RunId>,
}

impl App {
    /// What each step of a pipeline would ask its model, with its tokens. Nothing is stored and no weights are read.
    ///
    /// A role without a model and a model that cannot be asked are told at their steps.
    ///
    /// # Errors
    /// [`AppError::UnknownProject`], [`AppError::UnknownRun`], [`AppError::InvalidPipeline`] with every fault,
    /// [`AppError::InvalidRequest`] when there is no such step, or a fault of the database.
    pub async fn preview(&self, project_id: Uuid, request: PreviewRequest) -> Result<PreviewView, AppError> {
        let unknown = || AppError::UnknownProject(project_id.to_string());
        let project = self.store().project(project_id).await?.ok_or_else(unknown)?;
        let pipeline = parse::unfinished(&request.pipeline)?;
        crate::runs::check_project(&pipeline, project_id)?;
        let earlier = match request.run_id {
            Some(run_id) => {
                Some(self.store().load(run_id).await?.ok_or_else(|| AppError::UnknownRun(run_id.to_string()))?)
            }
            None => None,
        };
        let attached = attached_files(project.folder, &pipeline).await?;
        let faults = attached.errors();
        if !faults.is_empty() {
            return Err(AppError::InvalidPipeline(faults));
        }
        let models = self.models().await?;
        let serving: Vec<ModelRef> =
            (0..=pipeline.steps.len()).map(|at| views::serving(&models, &pipeline, at)).collect();
        // A seed changes nothing about a prompt, and one that is left open is no difference to an earlier run.
        let seeds = vec![0; serving.len()];
        let mut plan = RunPlan::new(project_id, pipeline, serving, seeds);
        plan.files = attached.files;
        plan.project_context = project.global_context;
        let preview = Preview::new(plan, earlier.as_ref());
        let wanted = request.step.map(|name| position_of(&preview, &name)).transpose()?;
        let mut view = self.budgets(&preview, &models, wanted).await;
        for step in &mut view.steps {
            let place = format!("$.steps[{}].", step.position);
            let of_step = attached.found.iter().filter(|found| found.path.starts_with(&place));
            for found in of_step {
                step.warnings.push(format!("{} {}", found.message, found.remedy));
                step.warning_phrases.push(found.phrase.as_deref().cloned());
            }
        }
        Ok(view)
    }

    async fn budgets(&self, preview: &Preview, models: &ModelsView, wanted: Option<usize>) -> PreviewView {
        let counter = &self.inner().models.counter;
        let order = run_order(preview.plan());
        let mut view = PreviewView::of(preview, &order, models);
        view.model_loads = model_loads(preview.plan(), &order);
        // A model that could not be asked once is not asked again for the other steps.
        let mut refused: HashMap<String, InferenceError> = HashMap::new();
        for step_view in &mut view.steps {
            let Some(step) = preview.step(step_view.position) else { continue };
            let is_wanted = wanted == Some(step_view.position);
            step_view.describe(&step, is_wanted);
            let Some(model) = step_view.model.clone() else { continue };
            let budget = match refused.get(&model.path) {
                Some(error) => Err(error.clone()),
                None => counter.budget(&model, &step, is_wanted).await,
            };
            match budget {
                Ok(budget) => step_view.count(&step, budget),
                Err(error) => {
                    step_view.problem = Some(PreviewProblem::of(&error));
                    // The prompt's own faults say nothing about the model.
                    if !matches!(error.code, InferenceErrorCode::BadRequest | InferenceErrorCode::PromptTooLong) {
                        refused.insert(model.path, error);
                    }
                }
            }
        }
        view.sum_up();
        view
    }
}

/// The list position of the step called `name`; the Assembler's is the number of steps.
fn position_of(preview: &Preview, name: &str) -> Result<usize, AppError> {
    let found = preview.steps().find(|(_, step_name, _)| *step_name == name);
    found.map(|(position, ..)| position).ok_or_else(|| {
        let message = format!("The pipeline has no step `{name}` that runs.");
        invalid("unknown_step", "$.step", message, &format!("Name an enabled step, or `{ASSEMBLER_STEP}`."))
            .saying(Phrase::new("unknown_step_to_preview").with("name", name).with("assembler", ASSEMBLER_STEP))
    })
}
