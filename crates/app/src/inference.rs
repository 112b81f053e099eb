//! Which program answers for which model: the worker for model files, a server for models that are bound to one, the
//! script for the placeholder.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use brickwork_engine::{
    Generation, Inference, InferenceError, InferenceErrorCode, InferenceEvent, ModelRef, ScriptedInference,
};
use brickwork_remote::RemoteClient;
use brickwork_worker_client::{
    Compute, PromptCache, Residency, ResidentModel, SamplerDefaults, SamplerDefaultsOf, SyntaxClient, WorkerClient,
    WorkerConfig, WorkerStatus,
};
use futures::StreamExt;
use futures::stream::BoxStream;

use crate::app::{DeviceView, WorkerState};
use crate::config::AppConfig;
use crate::foretell::{Admission, least_bytes};
use crate::model_files::changed_model;
use crate::preview::Counter;
use crate::remotes::RemotePeers;
use crate::said::Said;
use crate::secrets::Secrets;

/// The folder of computed prompts, within the data folder.
pub(crate) const PROMPT_CACHE: &str = "prompt-cache";

/// How models are computed and kept.
#[derive(Debug, Clone, Default)]
pub(crate) struct Orders {
    pub(crate) compute: Compute,
    /// By the path of the model's file.
    pub(crate) compute_of: BTreeMap<String, Compute>,
    pub(crate) residency: Residency,
    /// Whether models are loaded that surely do not fit.
    pub(crate) allow_overcommit: bool,
}

/// All models that this program can run.
pub(crate) struct Models {
    worker: Arc<WorkerClient>,
    admission: Arc<Admission>,
    models_dir: PathBuf,
    /// Counts prompts beside it.
    pub(crate) counter: Counter,
    /// Looks at what models made.
    pub(crate) syntax: SyntaxClient,
    /// Speaks with servers.
    pub(crate) remote: RemoteClient,
    /// How each of them is spoken to.
    pub(crate) peers: RemotePeers,
    scripted: ScriptedInference,
    scripted_pace: Duration,
}

impl Models {
    pub(crate) fn new(config: &AppConfig, secrets: &Secrets) -> Self {
        let mut worker = config.worker();
        worker.silence_limit = config.silence_limit;
        let own_catalog = config.data_dir.join(brickwork_models::OWN_CATALOG);
        worker.sampler_defaults = SamplerDefaultsOf::new(move |model| {
            let catalog = brickwork_models::own_sampler_defaults(&own_catalog, &model.id);
            SamplerDefaults { repeat_penalty: catalog.repeat_penalty, dry_multiplier: catalog.dry_multiplier }
        });
        // The settings bound it before the first generation.
        worker.prompt_cache = Some(PromptCache { folder: config.data_dir.join(PROMPT_CACHE), limit_bytes: 0 });
        let syntax = SyntaxClient::new(worker.clone());
        let counting = WorkerConfig { idle_limit: Some(config.counter_idle_limit), ..worker.clone() };
        let peers = RemotePeers::default();
        let remote = peers.client(secrets.clone());
        Self {
            worker: Arc::new(WorkerClient::new(worker)),
            admission: Arc::new(Admission::new(config)),
            models_dir: config.models_dir.clone(),
            counter: Counter::new(counting, remote.clone()),
            syntax,
            remote,
            peers,
            scripted: ScriptedInference::default(),
            scripted_pace: config.scripted_pace,
        }
    }

    pub(crate) fn worker_state(&self) -> WorkerState {
        let (state, model) = match self.worker.status() {
            WorkerStatus::Idle => ("idle", None),
            WorkerStatus::Loading { model } => ("loading", Some(model)),
            WorkerStatus::Running { model } => ("running", Some(model)),
        };
        let hello = self.worker.hello().or_else(|| self.counter.hello());
        // The model that was worked with last may have threads of its own.
        let of_model = self.worker.resident_models().last().map(|model| model.threads).filter(|threads| *threads > 0);
        let threads = of_model.or_else(|| hello.as_ref().map(|hello| hello.threads));
        let devices = hello.map(|hello| hello.devices.into_iter().map(DeviceView::from).collect());
        WorkerState { state, model, threads, devices }
    }

    /// How generations that begin from now on are computed, and what may be in memory.
    pub(crate) fn set_orders(&self, orders: Orders) {
        self.worker.set_compute(orders.compute);
        self.worker.set_compute_of(orders.compute_of);
        self.worker.set_residency(orders.residency);
        self.admission.set_overcommit(orders.allow_overcommit);
    }

    /// What the models in memory take together, in bytes.
    pub(crate) fn held_bytes(&self) -> u64 {
        self.worker.resident_models().iter().map(ResidentModel::total_bytes).sum()
    }

    /// What the model takes of the machine's memory at the least, in bytes.
    pub(crate) fn least_bytes(&self, model: &ModelRef) -> u64 {
        least_bytes(&self.worker, model)
    }

    /// Lets the worker generate, unless the model's file was changed since its checksum was recorded (it may have been
    /// since the run was accepted), or surely does not fit into memory.
    fn generate_unchanged(&self, generation: Generation) -> BoxStream<'static, InferenceEvent> {
        let (worker, dir) = (Arc::clone(&self.worker), self.models_dir.clone());
        let admission = Arc::clone(&self.admission);
        let answer = async move {
            let changed = changed_model(dir, &generation.model).await;
            let refused = match changed {
                Some(Said { text, phrase }) => {
                    Some(InferenceError { phrase, ..InferenceError::new(InferenceErrorCode::ModelInvalid, text) })
                }
                None => admission.refusal(&worker, &generation).await,
            };
            match refused {
                None => worker.generate(generation),
                Some(error) => futures::stream::iter([InferenceEvent::Failed(error)]).boxed(),
            }
        };
        futures::stream::once(answer).flatten().boxed()
    }

    pub(crate) async fn shutdown(&self) {
        futures::join!(self.worker.shutdown(), self.counter.shutdown());
    }
}

impl Inference for Models {
    fn generate(&self, generation: Generation) -> BoxStream<'static, InferenceEvent> {
        if generation.model.is_simulated() {
            let pace = self.scripted_pace;
            let answer = self.scripted.generate(generation);
            if pace.is_zero() {
                return answer;
            }
            let paced = move |event| async move {
                tokio::time::sleep(pace).await;
                event
            };
            answer.then(paced).boxed()
        } else if !generation.model.is_local() {
            self.remote.generate(generation)
        } else {
            self.generate_unchanged(generation)
        }
    }
}
