//! Which program answers for which model: the worker for model files, the script for the placeholder.

use std::path::PathBuf;
use std::time::Duration;

use brickwork_engine::{Generation, Inference, InferenceEvent, ScriptedInference};
use brickwork_worker_client::{
    Compute, SamplerDefaults, SamplerDefaultsOf, WorkerClient, WorkerConfig, WorkerStatus, find_worker_program,
};
use futures::StreamExt;
use futures::stream::BoxStream;

use crate::app::{DeviceView, WorkerState};
use crate::config::AppConfig;
use crate::preview::Counter;

/// All models that this program can run.
pub(crate) struct Models {
    worker: WorkerClient,
    /// Counts prompts beside it.
    pub(crate) counter: Counter,
    scripted: ScriptedInference,
    scripted_pace: Duration,
}

impl Models {
    pub(crate) fn new(config: &AppConfig) -> Self {
        let program = config.worker_program.clone().or_else(|| find_worker_program().ok());
        let mut worker = WorkerConfig::new(program.unwrap_or_else(|| PathBuf::from("brickwork-worker")));
        worker.silence_limit = config.silence_limit;
        worker.sampler_defaults = SamplerDefaultsOf::new(|model| {
            let catalog = brickwork_models::sampler_defaults(&model.id);
            SamplerDefaults { repeat_penalty: catalog.repeat_penalty, dry_multiplier: catalog.dry_multiplier }
        });
        let counting = WorkerConfig { idle_limit: Some(config.counter_idle_limit), ..worker.clone() };
        Self {
            worker: WorkerClient::new(worker),
            counter: Counter::new(counting),
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
        let threads = hello.as_ref().map(|hello| hello.threads);
        let devices = hello.map(|hello| hello.devices.into_iter().map(DeviceView::from).collect());
        WorkerState { state, model, threads, devices }
    }

    /// What generations that begin from now on are computed with.
    pub(crate) fn set_compute(&self, compute: Compute) {
        self.worker.set_compute(compute);
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
        } else {
            self.worker.generate(generation)
        }
    }
}
