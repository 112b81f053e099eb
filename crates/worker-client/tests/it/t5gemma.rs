//! T5Gemma through the worker: the same frames as every other model, with a tiny model of random weights.

use std::path::{Path, PathBuf};

use brickwork_engine::ports::InferenceErrorCode;
use brickwork_engine::{FinishReason, Generation, Message, Parameters, Prompt, Speaker};
use brickwork_worker_client::{Compute, Residency};
use futures::StreamExt;

use crate::support::{SMOL, ask, client, generation, greedy, model_at, raw, user};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../t5gemma/tests/fixtures/tiny").canonicalize().unwrap()
}

fn t5(prompt: Prompt, parameters: Parameters) -> Generation {
    Generation { model: model_at(&folder()), prompt, parameters }
}

#[tokio::test]
async fn text_streams_and_time_and_tokens_are_told() {
    let client = client();
    let answer = ask(&client, t5(raw("naïve café → 東京 🙂\ttab"), greedy(32))).await;
    let progress = answer.progress.clone();
    let (text, done) = answer.done();
    assert!(text.starts_with("EEEEEEEEinininin"), "{text}");
    assert_eq!((done.finish_reason, done.token_ids.len()), (FinishReason::Length, 32));
    let timings = done.timings;
    assert!(timings.load_ms > 0.0 && timings.prompt_ms > 0.0 && timings.generate_ms > 0.0, "{timings:?}");
    assert_eq!((timings.generated_tokens, timings.cached_tokens), (32, 0));
    // From nothing to the whole source, layer by layer.
    let n = timings.prompt_tokens;
    assert_eq!((progress.first(), progress.last()), (Some(&(0, n, 0)), Some(&(n, n, 0))), "{progress:?}");
    assert!(progress.len() >= 3, "{progress:?}");

    let (_, again) = ask(&client, t5(raw("naïve café → 東京 🙂\ttab"), greedy(32))).await.done();
    assert_eq!(again.token_ids, done.token_ids);
    assert!(again.timings.load_ms < 1.0, "it stayed in memory: {:?}", again.timings);
    let resident = client.resident_models().pop().unwrap();
    assert!(resident.weights_bytes > 100_000 && resident.kv_bytes > 0, "{resident:?}");
}

#[tokio::test]
async fn outputs_end_at_stop_texts_and_with_the_models_own_end() {
    let client = client();
    let stopped = Parameters { stop: vec!["inin".to_owned()], ..greedy(32) };
    let (text, done) = ask(&client, t5(raw("naïve café → 東京 🙂\ttab"), stopped)).await.done();
    assert_eq!((&*text, done.finish_reason), ("EEEEEEEE", FinishReason::StopString));
    let reference = std::fs::read(folder().join("reference.json")).unwrap();
    let reference: serde_json::Value = serde_json::from_slice(&reference).unwrap();
    let long = reference["cases"].as_array().unwrap().iter().find(|case| case["name"] == "long").unwrap();
    let (_, done) = ask(&client, t5(raw(long["text"].as_str().unwrap()), greedy(32))).await.done();
    assert_eq!((done.finish_reason, done.token_ids.as_slice()), (FinishReason::EndOfTurn, &[154, 340, 53, 144][..]));
}

#[tokio::test]
async fn the_same_seed_draws_the_same_tokens() {
    let client = client();
    let drawn = |seed| Parameters { max_tokens: 24, temperature: 1.0, seed: Some(seed), ..Parameters::default() };
    let (_, one) = ask(&client, t5(user("Hello"), drawn(7))).await.done();
    let (_, same) = ask(&client, t5(user("Hello"), drawn(7))).await.done();
    let (_, other) = ask(&client, t5(user("Hello"), drawn(8))).await.done();
    assert_eq!(one.token_ids, same.token_ids);
    assert_ne!(one.token_ids, other.token_ids);
}

#[tokio::test]
async fn prompts_are_laid_out_and_counted_without_the_weights() {
    let client = client();
    let conversation = Prompt::Chat(vec![
        Message::new(Speaker::System, "Be brief."),
        Message::new(Speaker::User, "First <start_of_turn> stays text."),
        Message::new(Speaker::Assistant, "Output."),
        Message::new(Speaker::User, "Second."),
    ]);
    let rendering = client.render(model_at(&folder()), conversation.clone(), true).await.unwrap();
    let text = rendering.text.unwrap();
    let positions: Vec<_> = ["Be brief.", "First <start_of_turn> stays", "Output.", "Second."]
        .iter()
        .map(|part| text.find(part).unwrap_or_else(|| panic!("{part:?} is missing in {text}")))
        .collect();
    assert!(positions.is_sorted(), "{text}");
    assert!(client.resident_models().is_empty());
    let (_, done) = ask(&client, t5(conversation, greedy(1))).await.done();
    assert_eq!(rendering.tokens, done.timings.prompt_tokens);
}

#[tokio::test]
async fn what_does_not_fit_is_refused_with_the_counts() {
    let client = client();
    let error = ask(&client, t5(raw(&"words and more words ".repeat(400)), greedy(8))).await.error();
    assert_eq!(error.code, InferenceErrorCode::PromptTooLong, "{error}");
    assert!(error.message.contains("512") && error.message.contains("Shorten"), "{error}");
    let error = ask(&client, t5(raw("Hello"), greedy(513))).await.error();
    assert_eq!(error.code, InferenceErrorCode::PromptTooLong, "{error}");
    assert!(error.message.contains("513") && error.message.contains("max_tokens"), "{error}");
    ask(&client, t5(raw("Hello"), greedy(2))).await.done();
}

#[tokio::test]
async fn a_cancel_ends_it_and_the_next_job_is_as_if_it_had_never_been() {
    let client = client();
    let (_, expected) = ask(&client, t5(raw("Hello"), greedy(8))).await.done();
    let drawn = Parameters { max_tokens: 500, temperature: 2.0, seed: Some(1), ..Parameters::default() };
    let mut stream = brickwork_engine::Inference::generate(&client, t5(raw("Hello"), drawn));
    stream.next().await.unwrap();
    drop(stream);
    let (_, after) = ask(&client, t5(raw("Hello"), greedy(8))).await.done();
    assert_eq!(after.token_ids, expected.token_ids);
}

#[tokio::test]
async fn it_shares_the_memory_with_the_other_models() {
    let client = client();
    client.set_residency(Residency { budget_bytes: Some(1), ..Residency::default() });
    ask(&client, t5(raw("Hello"), greedy(2))).await.done();
    ask(&client, generation(SMOL, raw("Hello"), greedy(2))).await.done();
    assert_eq!(client.resident_models().len(), 1, "the budget has room for none beside the one at work");
    client.set_residency(Residency::default());
    client.set_compute(Compute { threads: Some(1), ..Compute::default() });
    ask(&client, t5(raw("Hello"), greedy(2))).await.done();
    assert_eq!(client.resident_models().len(), 2);
}
