//! Row 8: what our reader accepts of the real models with one byte changed, the real worker loads or refuses too.
//!
//! Sixty of such files are loaded, and all that is accepted of the ten thousand of `corruptions` when
//! `BRICKWORK_THOROUGH=1`, which takes an hour or more.

use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;

use brickwork_engine::{Generation, Inference, InferenceErrorCode, InferenceEvent, ModelRef, Parameters, Prompt};
use brickwork_models::DEFAULT_MODEL_ID;
use brickwork_models::gguf::read_header;
use brickwork_worker_client::{WorkerClient, WorkerConfig, find_worker_program};
use futures::StreamExt;

use crate::corruptions::{Change, changes, header_bytes};
use crate::real::model;

/// No load of these models takes as long.
const LIMIT: Duration = Duration::from_secs(60);

fn is_thorough() -> bool {
    std::env::var_os("BRICKWORK_THOROUGH").is_some_and(|value| value == "1")
}

fn write(path: &Path, at: usize, byte: u8) {
    let mut file = File::options().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start(at as u64)).unwrap();
    file.write_all(&[byte]).unwrap();
}

/// Generates two tokens; the code of the failure when there is one.
async fn generate(client: &WorkerClient, path: &Path) -> Option<InferenceErrorCode> {
    let model = ModelRef { id: "changed".into(), path: path.display().to_string(), ..ModelRef::scripted() };
    let parameters = Parameters { max_tokens: 2, temperature: 0.0, ..Parameters::default() };
    let mut events = client.generate(Generation { model, prompt: Prompt::Raw("Hello".into()), parameters });
    while let Some(event) = events.next().await {
        match event {
            InferenceEvent::Done(_) => return None,
            InferenceEvent::Failed(error) => return Some(error.code),
            _ => {}
        }
    }
    panic!("the stream ended without a last event");
}

/// Changed headers of which the worker gets those that our reader accepts.
struct Sample {
    n_changes: usize,
    seed: u64,
    /// How many the worker gets at most.
    n_loads: usize,
}

impl Sample {
    /// Thirty of other changes than those of `corruptions`; exactly those, and all that is accepted of them, when thorough.
    fn of(n_thorough: usize, thorough_seed: u64) -> Self {
        if is_thorough() {
            return Self { n_changes: n_thorough, seed: thorough_seed, n_loads: usize::MAX };
        }
        Self { n_changes: 3000, seed: thorough_seed + 2, n_loads: 30 }
    }
}

/// Loads the model `id` with each change that our reader accepts. What goes wrong is told of all together in the end.
async fn load_all(id: &str, sample: Sample) {
    let original = model(id);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("changed.gguf");
    fs::copy(&original, &path).unwrap();
    let bytes = fs::read(&original).unwrap();
    let program = find_worker_program()
        .unwrap_or_else(|error| panic!("{error}. Build it first: cargo build -p brickwork-worker"));
    // What the header claims is checked before the context is made, which need not be large.
    let client = WorkerClient::new(WorkerConfig { max_context_tokens: Some(512), ..WorkerConfig::new(program) });
    let (mut loaded, mut refused, mut unread, mut faults) = (0, 0, 0, Vec::new());
    let changes = changes(&bytes, header_bytes(&original), sample.n_changes, sample.seed);
    for (n, Change { at, byte }) in changes.into_iter().enumerate() {
        if n % 250 == 0 {
            println!(
                "{id}: of {n} changes {unread} refused by the reader, {refused} by the worker, {loaded} loaded; {faults:?}"
            );
        }
        write(&path, at, byte);
        if read_header(&path).is_ok() {
            match tokio::time::timeout(LIMIT, generate(&client, &path)).await {
                Ok(None) => loaded += 1,
                // A name that was changed is one that llama.cpp does not know.
                Ok(Some(InferenceErrorCode::ModelInvalid | InferenceErrorCode::LoadFailed)) => refused += 1,
                Ok(Some(code)) => faults.push(format!("byte {at} as {byte}: {code:?}")),
                Err(_) => faults.push(format!("byte {at} as {byte}: it hangs")),
            }
        } else {
            unread += 1;
        }
        write(&path, at, bytes[at]);
        if loaded + refused >= sample.n_loads {
            break;
        }
    }
    println!("{id}: {unread} refused by the reader, {refused} by the worker, {loaded} loaded");
    assert!(faults.is_empty(), "{id}: {} of {}: {faults:#?}", faults.len(), loaded + refused + faults.len());
    assert!(loaded > 0 && unread > 0, "{loaded} loaded, {unread} refused by the reader");
}

#[tokio::test]
async fn row_08_changed_headers_of_the_default_model_load_or_are_refused_by_the_worker() {
    load_all(DEFAULT_MODEL_ID, Sample::of(9000, 1)).await;
}

#[tokio::test]
async fn row_08_changed_headers_of_the_gemma_model_load_or_are_refused_by_the_worker() {
    load_all("gemma-3-270m-q4_k_m", Sample::of(1000, 2)).await;
}
