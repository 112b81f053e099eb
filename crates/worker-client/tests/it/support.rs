//! The real worker, the real models, and short ways to ask them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use brickwork_engine::{
    Completion, Generation, Inference, InferenceError, InferenceEvent, Message, ModelRef, Parameters, Prompt, Speaker,
};
use brickwork_worker_client::{Compute, WorkerClient, WorkerConfig, find_worker_program};
use futures::StreamExt;
use futures::stream::BoxStream;

pub(crate) const SMOL: &str = "SmolLM2-135M-Instruct.Q4_1.gguf";
pub(crate) const GEMMA: &str = "gemma-3-270m-q4_k_m.gguf";

/// A generation's whole course.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) text: String,
    pub(crate) progress: Vec<(u32, u32, u32)>,
    pub(crate) end: Result<Completion, InferenceError>,
}

impl Answer {
    pub(crate) fn done(self) -> (String, Completion) {
        let completion = self.end.unwrap_or_else(|error| panic!("the generation failed: {error}"));
        (self.text, completion)
    }

    pub(crate) fn error(self) -> InferenceError {
        self.end.expect_err("the generation should have failed")
    }
}

pub(crate) fn config() -> WorkerConfig {
    let program = find_worker_program()
        .unwrap_or_else(|error| panic!("{error}. Build it first: cargo build -p brickwork-worker"));
    WorkerConfig::new(program)
}

/// A client whose worker computes a token to the same scores whatever else is in its batch, with weights that llama.cpp multiplies
/// row by row, as those of [`SMOL`] are without AMX. Only so can texts be compared; elsewhere sums in another order turn a choice
/// between two nearly equally likely tokens.
pub(crate) fn client() -> WorkerClient {
    let client = WorkerClient::new(WorkerConfig { environment: owned(&[WITHOUT_AMX]), ..config() });
    client.set_compute(exact());
    client
}

/// How the worker of [`client`] computes.
pub(crate) fn exact() -> Compute {
    Compute { flash_attention: Some(true), ..Compute::default() }
}

/// The variable that leaves the variant with AMX out.
pub(crate) const WITHOUT_AMX: (&str, &str) = ("BRICKWORK_AVOID_CPU", "sapphirerapids");

/// Variables as a configuration holds them.
pub(crate) fn owned(variables: &[(&str, &str)]) -> Vec<(String, String)> {
    variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The folder of the test models.
pub(crate) fn models_dir() -> PathBuf {
    let named = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    named("BRICKWORK_MODELS_DIR")
        .or_else(|| named("BRICKWORK_DATA_DIR").map(|folder| folder.join("models")))
        .unwrap_or_else(|| {
            let folders = directories::ProjectDirs::from("dev", "brickwork", "brickwork").unwrap();
            folders.data_dir().join("models")
        })
}

pub(crate) fn model_path(file: &str) -> PathBuf {
    let path = models_dir().join(file);
    assert!(path.is_file(), "the test model {} is missing; fetch it with: cargo xtask models", path.display());
    path
}

pub(crate) fn model(file: &str) -> ModelRef {
    model_at(&model_path(file))
}

pub(crate) fn model_at(path: &Path) -> ModelRef {
    let id = path.file_name().unwrap().to_string_lossy().into_owned();
    ModelRef { id, path: path.to_string_lossy().into_owned(), stand_in: false }
}

pub(crate) fn greedy(max_tokens: u32) -> Parameters {
    Parameters { max_tokens, temperature: 0.0, ..Parameters::default() }
}

pub(crate) fn user(text: &str) -> Prompt {
    Prompt::Chat(vec![Message::new(Speaker::User, text)])
}

pub(crate) fn raw(text: &str) -> Prompt {
    Prompt::Raw(text.to_owned())
}

pub(crate) fn generation(file: &str, prompt: Prompt, parameters: Parameters) -> Generation {
    Generation { model: model(file), prompt, parameters }
}

/// A generation that takes long: seconds at the least.
pub(crate) fn long() -> Generation {
    let parameters = Parameters { max_tokens: 4000, temperature: 1.0, seed: Some(1), ..Parameters::default() };
    generation(SMOL, raw("Once upon a time there was a compiler. "), parameters)
}

pub(crate) async fn ask(client: &WorkerClient, generation: Generation) -> Answer {
    rest_of(client.generate(generation)).await
}

pub(crate) async fn rest_of(mut stream: BoxStream<'static, InferenceEvent>) -> Answer {
    let mut text = String::new();
    let mut progress = Vec::new();
    while let Some(event) = stream.next().await {
        match event {
            InferenceEvent::Loading { .. } => {}
            InferenceEvent::Prompt { done, total, cached } => progress.push((done, total, cached)),
            InferenceEvent::Text { text: piece, .. } => text.push_str(&piece),
            InferenceEvent::Done(completion) => return Answer { text, progress, end: Ok(completion) },
            InferenceEvent::Failed(error) => return Answer { text, progress, end: Err(error) },
        }
    }
    panic!("the stream ended without a last event");
}

/// Reads until `n` tokens were generated.
pub(crate) async fn read_tokens(stream: &mut BoxStream<'static, InferenceEvent>, n: u32) {
    while let Some(event) = stream.next().await {
        match event {
            InferenceEvent::Text { generated, .. } if generated >= n => return,
            InferenceEvent::Done(_) | InferenceEvent::Failed(_) => panic!("the job ended too early: {event:?}"),
            _ => {}
        }
    }
}

/// Waits until `condition` holds.
pub(crate) async fn eventually(what: &str, limit: Duration, condition: impl Fn() -> bool) {
    let deadline = tokio::time::Instant::now() + limit;
    while !condition() {
        assert!(tokio::time::Instant::now() < deadline, "not within {limit:?}: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
