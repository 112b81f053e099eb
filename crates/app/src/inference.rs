//! Which program answers for which model: the worker for model files, the script for the placeholder.

use std::path::PathBuf;
use std::time::Duration;

use brickwork_engine::{Generation, Inference, InferenceEvent, ScriptedInference};
use brickwork_worker_client::{
    SamplerDefaults, SamplerDefaultsOf, WorkerClient, WorkerConfig, WorkerStatus, find_worker_program,
};
use futures::StreamExt;
use futures::stream::BoxStream;

use crate::app::WorkerState;
use crate::config::AppConfig;

/// All models that this program can run.
pub(crate) struct Models {
    worker: WorkerClient,
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
        Self {
            worker: WorkerClient::new(worker),
            scripted: ScriptedInference::default(),
            scripted_pace: config.scripted_pace,
        }
    }

    pub(crate) fn worker_state(&self) -> WorkerState {
        match self.worker.status() {
            WorkerStatus::Idle => WorkerState { state: "idle", model: None },
            WorkerStatus::Loading { model } => WorkerState { state: "loading", model: Some(model) },
            WorkerStatus::Running { model } => WorkerState { state: "running", model: Some(model) },
        }
    }

    pub(crate) async fn shutdown(&self) {
        self.worker.shutdown().await;
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
