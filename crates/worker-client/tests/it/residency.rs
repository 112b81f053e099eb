//! How long models stay in the worker's memory: by a budget and by idle time, and what is told of it.

use std::time::Duration;

use brickwork_engine::{Inference, InferenceErrorCode};
use brickwork_worker_client::{Compute, DeviceKind, Residency, WorkerClient};

use crate::support::{GEMMA, SMOL, ask, client, generation, greedy, model_path, raw, rest_of};

/// Whether the model had to be loaded for a short job.
async fn is_loaded_for(client: &WorkerClient, file: &str) -> bool {
    ask(client, generation(file, raw("Hello"), greedy(2))).await.done().1.timings.load_ms > 0.0
}

fn resident(client: &WorkerClient) -> Vec<String> {
    let name = |path: &str| std::path::Path::new(path).file_name().unwrap().to_string_lossy().into_owned();
    client.resident_models().iter().map(|model| name(&model.model)).collect()
}

#[tokio::test]
async fn models_stay_together_within_the_budget_and_the_one_used_least_recently_goes() {
    let client = client();
    for file in [SMOL, GEMMA] {
        assert!(is_loaded_for(&client, file).await);
    }
    assert!(!is_loaded_for(&client, SMOL).await && !is_loaded_for(&client, GEMMA).await, "without a budget both stay");
    assert_eq!(resident(&client), [SMOL, GEMMA]);
    let both: u64 = client.resident_models().iter().map(|model| model.total_bytes()).sum();

    client.set_residency(Residency { budget_bytes: Some(both), ..Residency::default() });
    assert!(!is_loaded_for(&client, SMOL).await && !is_loaded_for(&client, GEMMA).await, "both keep to it");
    client.set_residency(Residency { budget_bytes: Some(both - 1), ..Residency::default() });
    assert!(!is_loaded_for(&client, GEMMA).await);
    assert!(is_loaded_for(&client, SMOL).await, "it made room");
    assert_eq!(resident(&client), [SMOL]);
    client.set_residency(Residency { budget_bytes: Some(1), ..Residency::default() });
    assert!(is_loaded_for(&client, GEMMA).await, "a model alone may take more than the budget");
    assert!(!is_loaded_for(&client, GEMMA).await, "and it stays: the one at work is never freed");
    assert_eq!(resident(&client), [GEMMA]);
}

#[tokio::test]
async fn idle_models_are_freed_and_a_generating_one_is_not() {
    let client = client();
    let idle = Duration::from_millis(1500);
    client.set_residency(Residency { idle: Some(idle), ..Residency::default() });
    assert!(is_loaded_for(&client, SMOL).await);
    assert!(!is_loaded_for(&client, SMOL).await, "it stays for a while");
    let process = client.idle_process_id().unwrap();
    tokio::time::sleep(idle * 2).await;
    assert_eq!(client.idle_process_id(), Some(process), "the worker itself stays");
    assert!(is_loaded_for(&client, SMOL).await, "it was freed");

    let shortest = Duration::from_millis(1);
    client.set_residency(Residency { idle: Some(shortest), ..Residency::default() });
    let (text, done) = ask(&client, generation(SMOL, raw("Hello"), greedy(20))).await.done();
    assert!(done.timings.generate_ms > 1.0 && !text.is_empty(), "a job longer than the idle time keeps its model");
}

#[tokio::test]
async fn devices_are_listed_and_chosen_by_model() {
    let client = client();
    let devices = client.devices().await.unwrap();
    let cpu = devices.iter().find(|device| device.kind == DeviceKind::Cpu).expect("there is always a processor");
    assert!(cpu.memory_total_bytes >= cpu.memory_free_bytes && cpu.memory_free_bytes > 0, "{cpu:?}");
    assert_eq!(cpu.backend, "CPU");

    let path = model_path(SMOL).display().to_string();
    let chosen = |device: &str| Compute { device: Some(device.to_owned()), ..Compute::default() };
    client.set_compute_of([(path.clone(), chosen("NoSuchDevice"))].into());
    let error = ask(&client, generation(SMOL, raw("Hello"), greedy(2))).await.error();
    assert_eq!(error.code, InferenceErrorCode::BadRequest);
    assert!(error.message.contains("NoSuchDevice") && error.message.contains(&cpu.name), "{error}");
    ask(&client, generation(GEMMA, raw("Hello"), greedy(2))).await.done();

    client.set_compute_of([(path.clone(), chosen(&cpu.name))].into());
    ask(&client, generation(SMOL, raw("Hello"), greedy(2))).await.done();
    let bounded = Compute { max_context_tokens: Some(512), ..Compute::default() };
    client.set_compute_of([(path, bounded)].into());
    ask(&client, generation(SMOL, raw("Hello"), greedy(2))).await.done();
    assert_eq!(client.resident_models().pop().unwrap().n_ctx, 512, "the window is the role's own");
    let error = rest_of(client.generate(generation(SMOL, raw("Hello"), greedy(600)))).await.error();
    assert_eq!(error.code, InferenceErrorCode::PromptTooLong);
}
