//! Row 8: what our reader accepts of the real models with one byte changed, the real worker loads or refuses too.
//!
//! Sixty of such files are loaded, and all of a larger sample when `BRICKWORK_THOROUGH=1`.

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

/// Loads the model `id` with each of `n` accepted changes.
async fn load_all(id: &str, n: usize, seed: u64) {
    let original = model(id);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("changed.gguf");
    fs::copy(&original, &path).unwrap();
    let bytes = fs::read(&original).unwrap();
    let program = find_worker_program()
        .unwrap_or_else(|error| panic!("{error}. Build it first: cargo build -p brickwork-worker"));
    let client = WorkerClient::new(WorkerConfig::new(program));
    let (mut loaded, mut refused) = (0, 0);
    for Change { at, byte } in changes(&bytes, header_bytes(&original), 100 * n, seed) {
        write(&path, at, byte);
        if read_header(&path).is_ok() {
            let outcome = tokio::time::timeout(LIMIT, generate(&client, &path)).await;
            match outcome.unwrap_or_else(|_| panic!("byte {at} as {byte} of {id}: it hangs")) {
                None => loaded += 1,
                Some(InferenceErrorCode::ModelInvalid) => refused += 1,
                Some(code) => panic!("byte {at} as {byte} of {id}: {code:?}"),
            }
        }
        write(&path, at, bytes[at]);
        if loaded + refused >= n {
            break;
        }
    }
    println!("{id}: {loaded} loaded, {refused} refused by the worker");
    assert!(loaded > 0 && loaded + refused >= n, "{loaded} loaded, {refused} refused");
}

#[tokio::test]
async fn row_08_changed_headers_of_the_default_model_load_or_are_refused_by_the_worker() {
    load_all(DEFAULT_MODEL_ID, if is_thorough() { 1000 } else { 30 }, 3).await;
}

#[tokio::test]
async fn row_08_changed_headers_of_the_gemma_model_load_or_are_refused_by_the_worker() {
    load_all("gemma-3-270m-q4_k_m", if is_thorough() { 1000 } else { 30 }, 4).await;
}
