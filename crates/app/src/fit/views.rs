//! What is told of memory. All sizes are in bytes.

use brickwork_engine::{ModelRef, Phrase, Role};
use brickwork_models::fit::{Advice, Estimate, FitRequest, Share};
use serde::Serialize;

use crate::app::DeviceView;
use crate::said::Said;

/// What models take of memory, and whether they fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FitView {
    /// The machine's memory.
    pub machine: FitMachineView,
    /// Where models can run, with what is free there now; empty where no worker could be asked.
    pub devices: Vec<DeviceView>,
    /// The models, in the order in which they are first needed.
    pub models: Vec<ModelFitView>,
    /// All models of the pipeline one after another; absent for a single model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<RunFitView>,
}

/// The machine's memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FitMachineView {
    /// All of it; absent where the system does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_bytes: Option<u64>,
    /// What programs can take now; absent where the system does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub available_bytes: Option<u64>,
    /// What models hold that are in memory now. They give way.
    pub held_bytes: u64,
    /// What models in memory may take together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget_bytes: Option<u64>,
    /// Whether models are loaded that surely do not fit.
    pub allow_overcommit: bool,
}

/// Whether a model fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It does.
    Fits,
    /// It does, with less than a tenth of the memory left.
    Tight,
    /// It surely does not, and its steps are refused unless the settings allow them.
    DoesNotFit,
    /// More than fits here, but a part of it is put on other machines, whose memory is not known here.
    Spread,
    /// This program does not run it: a server does, or it is the placeholder.
    NotHere,
    /// Its file cannot be read.
    Unreadable,
}

/// What a model takes of one device.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FitShareView {
    /// Weights; on the processor they are mapped from the file.
    pub weights_bytes: u64,
    /// Keys and values of the context.
    pub kv_bytes: u64,
    /// Intermediate results.
    pub compute_bytes: u64,
    /// The worker itself and the vocabulary.
    pub other_bytes: u64,
    /// Everything together.
    pub total_bytes: u64,
}

impl From<Share> for FitShareView {
    fn from(share: Share) -> Self {
        let Share { weights_bytes, kv_bytes, compute_bytes, other_bytes } = share;
        Self { weights_bytes, kv_bytes, compute_bytes, other_bytes, total_bytes: share.total_bytes() }
    }
}

/// What one model takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ModelFitView {
    /// Its id.
    pub id: String,
    /// Its file.
    pub path: String,
    /// The roles that it is looked at for.
    pub roles: Vec<Role>,
    /// Whether it fits.
    pub verdict: Verdict,
    /// Tokens that its context would hold.
    pub context_tokens: u32,
    /// Tokens that would be processed at once.
    pub batch_tokens: u32,
    /// Layers that would be on GPUs.
    pub gpu_layers: u32,
    /// Tokens of the window that it was trained with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_context_tokens: Option<u64>,
    /// The longest context that fits, in tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longest_context_tokens: Option<u32>,
    /// Of the machine's memory.
    pub machine: FitShareView,
    /// Of the GPUs' memory.
    pub gpu: FitShareView,
    /// What would fit where it does not.
    pub advice: Vec<FitAdviceView>,
    /// Why its file cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// The same in a form that can be put into another language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem_phrase: Option<Phrase>,
}

impl ModelFitView {
    pub(super) fn new(model: &ModelRef, roles: &[Role]) -> Self {
        Self {
            id: model.id.clone(),
            path: model.path.clone(),
            roles: roles.to_vec(),
            verdict: Verdict::NotHere,
            context_tokens: 0,
            batch_tokens: 0,
            gpu_layers: 0,
            model_context_tokens: None,
            longest_context_tokens: None,
            machine: FitShareView::default(),
            gpu: FitShareView::default(),
            advice: Vec::new(),
            problem: None,
            problem_phrase: None,
        }
    }

    pub(super) fn cannot_be_read(mut self, problem: Said) -> Self {
        self.verdict = Verdict::Unreadable;
        self.problem = Some(problem.text);
        self.problem_phrase = problem.phrase;
        self
    }

    pub(super) fn take(&mut self, request: &FitRequest, estimate: &Estimate) {
        self.context_tokens = request.context_tokens;
        self.batch_tokens = request.batch_tokens;
        self.gpu_layers = request.gpu_layers;
        self.machine = estimate.machine.into();
        self.gpu = estimate.gpu.into();
    }
}

/// Something that would fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FitAdviceView {
    /// `smaller_quantization`, `quantize`, `shorter_context`, `fewer_gpu_layers` or `smaller_model`.
    pub code: &'static str,
    /// The advice in words.
    pub text: String,
    /// With `smaller_quantization`: the file's id in the catalog.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_id: Option<String>,
    /// With `smaller_quantization`: its quantization; with `quantize`: the type to convert to, `q8_0` or `q4_k`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantization: Option<String>,
    /// With `smaller_quantization` and `quantize`: its size on disk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_bytes: Option<u64>,
    /// With `quantize`: the folder to convert.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// With `shorter_context`: the longest context that fits, in tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_tokens: Option<u32>,
    /// With `fewer_gpu_layers`: the most layers that fit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gpu_layers: Option<u32>,
}

impl From<Advice> for FitAdviceView {
    fn from(advice: Advice) -> Self {
        let mut view = Self {
            code: "smaller_model",
            text: advice.text(),
            file_id: None,
            quantization: None,
            size_bytes: None,
            folder: None,
            context_tokens: None,
            gpu_layers: None,
        };
        match advice {
            Advice::SmallerQuantization { file_id, quantization, size_bytes } => {
                view.code = "smaller_quantization";
                (view.file_id, view.quantization, view.size_bytes) =
                    (Some(file_id), Some(quantization), Some(size_bytes));
            }
            Advice::ShorterContext { context_tokens } => {
                view.code = "shorter_context";
                view.context_tokens = Some(context_tokens);
            }
            Advice::FewerGpuLayers { gpu_layers } => {
                view.code = "fewer_gpu_layers";
                view.gpu_layers = Some(gpu_layers);
            }
            Advice::Quantize { folder, quantization, size_bytes } => {
                view.code = "quantize";
                view.folder = Some(folder);
                (view.quantization, view.size_bytes) = (Some(quantization.to_owned()), Some(size_bytes));
            }
            Advice::SmallerModel => {}
        }
        view
    }
}

/// All models of a pipeline one after another, as the worker would keep and free them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct RunFitView {
    /// The steps that models of this program carry out, in the order in which they run.
    pub steps: Vec<FitStepView>,
    /// The most that is in memory at once.
    pub peak_bytes: u64,
    /// How often a model is loaded.
    pub model_loads: usize,
    /// Whether every model is loaded once and stays to the end.
    pub all_stay: bool,
    /// Whether the most that is in memory at once fits.
    pub fits: bool,
}

/// What happens at one step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FitStepView {
    /// The step's name.
    pub step_name: String,
    /// Its model's id.
    pub model_id: String,
    /// Whether the model is loaded for it.
    pub loads: bool,
    /// The ids of the models that are freed before it.
    pub frees: Vec<String>,
    /// What all models in memory take during the step.
    pub total_bytes: u64,
}
