//! Whether a model, or all models of a pipeline, fit into memory: before anything is loaded.

mod views;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use brickwork_engine::{Diagnostic, ModelRef, Phrase, Pipeline, Role};
use brickwork_models::fit::{RunModel, estimate, fit_run, longest_context};
use brickwork_models::{ModelFile, loaded_header_of};
use brickwork_worker_client::Compute;
use serde::Deserialize;
use serde_json::Value;

use crate::app::{App, DeviceView};
use crate::config::DEFAULT_PROJECT_ID;
use crate::error::AppError;
use crate::foretell::{Machine, advice, usual_threads, with_draft_model};
use crate::memory::machine_memory;
use crate::preview::PreviewRequest;
use crate::request::invalid;
use crate::role_options::{OptionsByRole, computed_with};
use crate::said::Said;
use crate::settings::out_of_range;

pub use views::{FitAdviceView, FitMachineView, FitShareView, FitStepView, FitView, ModelFitView, RunFitView, Verdict};

/// Of the room that a model leaves, the part below which it is said to fit tightly, in hundredths of the whole.
const TIGHT_PART: u64 = 10;

/// What is to be looked at: exactly one of `model` and `pipeline`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FitRequest {
    /// A role's name, a listed model's id, or the path of a model file.
    #[schema(max_length = 4096)]
    pub model: Option<String>,
    /// A pipeline, whose models are looked at together. Its name, steps and prompts may be missing yet.
    #[schema(value_type = Option<Pipeline>)]
    pub pipeline: Option<Value>,
    /// Tokens of the context; what the worker would choose when absent.
    #[schema(minimum = 256, maximum = 16_777_216)]
    pub context_tokens: Option<u32>,
    /// Layers on the GPU; as the role's options or the settings say when absent.
    #[schema(minimum = 0, maximum = 10_000)]
    pub gpu_layers: Option<u32>,
}

/// One model that is looked at, and what it is to do.
struct Wanted {
    model: ModelRef,
    roles: Vec<Role>,
    /// The most tokens that prompt and output of one of its steps take together.
    n_needed: u32,
}

impl App {
    /// What a model, or each model of a pipeline, takes of memory, whether that fits, and what would. Nothing is loaded.
    ///
    /// # Errors
    /// [`AppError::InvalidRequest`] and [`AppError::InvalidPipeline`] for a request that cannot be, [`AppError::Unknown`]
    /// when there is no such model, [`AppError::ModelProblem`] when it cannot be used, or a fault of the database.
    pub async fn fit(&self, request: FitRequest) -> Result<FitView, AppError> {
        check(&request)?;
        let (wanted, order) = match (&request.model, &request.pipeline) {
            (Some(name), None) => (vec![self.wanted_model(name).await?], Vec::new()),
            (None, Some(pipeline)) => self.wanted_models(pipeline.clone()).await?,
            _ => {
                let remedy = "Give one of the two.";
                let message = "Exactly one of `model` and `pipeline` is needed.";
                return Err(invalid("one_of", "$", message, remedy).saying(Phrase::new("model_or_pipeline")));
            }
        };
        self.fit_of(wanted, order, &request).await
    }

    async fn fit_of(
        &self,
        wanted: Vec<Wanted>,
        order: Vec<(String, ModelRef)>,
        request: &FitRequest,
    ) -> Result<FitView, AppError> {
        let settings = self.settings().await?;
        let options = self.role_options().await?;
        // Without a worker there are no devices that could be counted on.
        let devices = self.inner().models.counter.devices().await.unwrap_or_default();
        let machine = Machine { devices, threads: usual_threads() };
        let memory = machine_memory(self.config());
        let held_bytes = self.inner().models.held_bytes();
        let room =
            memory.map_or(u64::MAX, |memory| memory.available_bytes.saturating_add(held_bytes).min(memory.total_bytes));
        // Only a draft model is looked for among the files.
        let has_drafts = options.values().any(|options| options.draft_model.is_some());
        let files = if has_drafts { self.scan_models() } else { Vec::new() };
        let mut models = Vec::with_capacity(wanted.len());
        for wanted in wanted {
            let mut compute = compute_for(&wanted.roles, &options, &settings.compute(), &files);
            compute.gpu_layers = request.gpu_layers.or(compute.gpu_layers);
            models.push(model_fit(wanted, compute, &machine, room, request.context_tokens).await);
        }
        let budget_bytes = settings.memory_budget_bytes(memory).unwrap_or(u64::MAX);
        let run = (!order.is_empty()).then(|| run_fit(&order, &models, budget_bytes, room));
        let machine_view = FitMachineView {
            total_bytes: memory.map(|memory| memory.total_bytes),
            available_bytes: memory.map(|memory| memory.available_bytes),
            held_bytes,
            budget_bytes: settings.memory_budget_bytes(memory),
            allow_overcommit: settings.allow_overcommit,
        };
        let devices = machine.devices.into_iter().map(DeviceView::from).collect();
        Ok(FitView { machine: machine_view, devices, models, run })
    }

    async fn wanted_model(&self, name: &str) -> Result<Wanted, AppError> {
        let (model, roles) = match Role::parse(name) {
            Some(role) => (self.model_of(role).await?, vec![role]),
            None => {
                let (app, name) = (self.clone(), name.to_owned());
                let found = tokio::task::spawn_blocking(move || app.model_named(&name)).await;
                let model = found.map_err(|error| AppError::Internal(error.to_string()))??;
                let roles = self.models().await?.models.into_iter().zip(Role::ALL);
                let served = roles.filter(|(role, _)| role.binding.path == model.path).map(|(_, role)| role).collect();
                (model, served)
            }
        };
        Ok(Wanted { model, roles, n_needed: 1 })
    }

    /// The models of a pipeline, each once, and the names and models of its steps in the order in which they run.
    async fn wanted_models(&self, pipeline: Value) -> Result<(Vec<Wanted>, Vec<(String, ModelRef)>), AppError> {
        let request = PreviewRequest { pipeline, step: None, run_id: None };
        let preview = self.preview(DEFAULT_PROJECT_ID, request).await?;
        let mut wanted: Vec<Wanted> = Vec::new();
        let mut order = Vec::new();
        for name in &preview.order {
            let Some(step) = preview.steps.iter().find(|step| step.step_name == *name) else { continue };
            let Some(model) = step.model.clone() else { continue };
            let n_needed = step.prompt_tokens.unwrap_or(0).saturating_add(step.max_tokens);
            match wanted.iter_mut().find(|known| known.model.path == model.path && known.model.id == model.id) {
                Some(known) => {
                    known.n_needed = known.n_needed.max(n_needed);
                    if !known.roles.contains(&step.model_type) {
                        known.roles.push(step.model_type);
                    }
                }
                None => wanted.push(Wanted { model: model.clone(), roles: vec![step.model_type], n_needed }),
            }
            order.push((name.clone(), model));
        }
        Ok((wanted, order))
    }
}

fn check(request: &FitRequest) -> Result<(), AppError> {
    let context = request.context_tokens.filter(|tokens| !(256..=16_777_216).contains(tokens));
    let layers = request.gpu_layers.filter(|layers| *layers > 10_000);
    let faults: Vec<Diagnostic> = context
        .map(|_| out_of_range("$.context_tokens", 256, 16_777_216))
        .into_iter()
        .chain(layers.map(|_| out_of_range("$.gpu_layers", 0, 10_000)))
        .collect();
    if faults.is_empty() { Ok(()) } else { Err(AppError::InvalidRequest(faults)) }
}

/// What a model that serves `roles` is computed with: the options of the first role that has any, as in a run.
fn compute_for(roles: &[Role], options: &OptionsByRole, general: &Compute, files: &[ModelFile]) -> Compute {
    let of_role = Role::ALL.into_iter().filter(|role| roles.contains(role)).find_map(|role| options.get(&role));
    of_role.map_or_else(|| general.clone(), |options| computed_with(options, general, files))
}

/// What one model takes. One that this program does not run takes nothing.
async fn model_fit(
    wanted: Wanted,
    mut compute: Compute,
    machine: &Machine,
    room: u64,
    context_tokens: Option<u32>,
) -> ModelFitView {
    let Wanted { model, roles, n_needed } = wanted;
    let mut view = ModelFitView::new(&model, &roles);
    if model.is_simulated() || model.is_none() || !model.is_local() {
        return view;
    }
    let path = PathBuf::from(&model.path);
    let info = match tokio::task::spawn_blocking(move || loaded_header_of(&path)).await {
        Ok(Ok(info)) => info,
        Ok(Err(error)) => return view.cannot_be_read(Said::new(error.text, error.phrase)),
        Err(error) => return view.cannot_be_read(error.to_string().into()),
    };
    let n_needed = match context_tokens {
        // The window is what bounds a context, so a chosen one is exact.
        Some(tokens) => {
            compute.max_context_tokens = Some(tokens);
            tokens
        }
        // Where no step is given, a T5Gemma is looked at with the longest source, since nothing is reserved ahead.
        None => match &info.t5gemma {
            Some(figures) if n_needed <= 1 => u32::try_from(figures.source_tokens).unwrap_or(u32::MAX),
            _ => n_needed,
        },
    };
    let request = machine.request(&info, &compute, n_needed);
    let estimate = with_draft_model(estimate(&info, &request), &compute, &request);
    let gpu_bytes = machine.gpu_bytes(&compute).unwrap_or(0);
    view.take(&request, &estimate);
    view.model_context_tokens = info.context_length;
    let own = info.context_length.and_then(|tokens| u32::try_from(tokens).ok()).unwrap_or(request.context_tokens);
    let whole = brickwork_models::fit::FitRequest { context_tokens: own, ..request };
    view.longest_context_tokens = longest_context(&info, &whole, room, gpu_bytes);
    let (machine_needed, gpu_needed) = (estimate.machine.total_bytes(), estimate.gpu.total_bytes());
    view.verdict = if machine_needed > room || gpu_needed > gpu_bytes {
        if compute.rpc_servers.is_empty() { Verdict::DoesNotFit } else { Verdict::Spread }
    } else if room - machine_needed < room / 100 * TIGHT_PART {
        Verdict::Tight
    } else {
        Verdict::Fits
    };
    if view.verdict == Verdict::DoesNotFit {
        let found = advice((Path::new(&model.path), &model.id), &info, &request, &estimate, (room, gpu_bytes));
        view.advice = found.into_iter().map(FitAdviceView::from).collect();
    }
    view
}

/// The whole run: what the worker does with its models one after another.
fn run_fit(order: &[(String, ModelRef)], models: &[ModelFitView], budget_bytes: u64, room: u64) -> RunFitView {
    let sizes: BTreeMap<(&str, &str), u64> =
        models.iter().map(|model| ((&*model.path, &*model.id), model.machine.total_bytes)).collect();
    let local: Vec<&(String, ModelRef)> =
        order.iter().filter(|(_, model)| model.is_local() && !model.is_simulated() && !model.is_none()).collect();
    let steps: Vec<RunModel> = local
        .iter()
        .map(|(_, model)| RunModel {
            key: model.path.clone(),
            total_bytes: sizes.get(&(&*model.path, &*model.id)).copied().unwrap_or(0),
        })
        .collect();
    // The worker frees models for want of memory as it does for want of budget.
    let fit = fit_run(&steps, budget_bytes.min(room));
    let id_of = |path: &str| {
        models.iter().find(|model| model.path == path).map_or_else(|| path.to_owned(), |model| model.id.clone())
    };
    let steps = local.iter().zip(&fit.steps).map(|((name, model), step)| FitStepView {
        step_name: name.clone(),
        model_id: model.id.clone(),
        loads: step.is_loaded,
        frees: step.freed.iter().map(|path| id_of(path)).collect(),
        total_bytes: step.total_bytes,
    });
    RunFitView {
        steps: steps.collect(),
        peak_bytes: fit.peak_bytes,
        model_loads: fit.n_loads,
        all_stay: fit.all_stay,
        fits: fit.peak_bytes <= room,
    }
}
