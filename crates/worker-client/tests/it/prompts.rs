//! Row 2: prompts at the edges of batch and window.

use brickwork_engine::{InferenceErrorCode, Prompt};
use brickwork_worker_client::{WorkerClient, WorkerConfig};

use crate::support::{SMOL, ask, config, generation, greedy, model, raw, user};

fn limited(max_context_tokens: Option<u32>, max_batch_tokens: Option<u32>) -> WorkerClient {
    WorkerClient::new(WorkerConfig { max_context_tokens, max_batch_tokens, ..config() })
}

/// Text of exactly `n` tokens of the SmolLM2 vocabulary.
fn text_of(n: usize) -> String {
    " a".repeat(n)
}

#[tokio::test]
async fn prompts_around_the_batch_size_work() {
    let client = limited(None, Some(64));
    for n in [1, 63, 64, 65, 127, 128, 129, 1000] {
        // Another first token each time, so that nothing comes from the cache.
        let prompt = Prompt::Raw(format!("{n}{}", text_of(n)));
        let counted = client.count_tokens(model(SMOL), prompt.clone()).await.unwrap();
        let answer = ask(&client, generation(SMOL, prompt, greedy(3))).await;
        let progress = answer.progress.clone();
        let (_, done) = answer.done();
        assert_eq!(done.timings.prompt_tokens, counted);
        assert_eq!(done.token_ids.len(), 3, "{n} tokens");
        let steps = counted.div_ceil(64) as usize;
        assert!(progress.len() >= steps, "{n} tokens are reported batch by batch: {progress:?}");
        assert_eq!(progress.last().map(|last| (last.0, last.1)), Some((counted, counted)));
    }
}

#[tokio::test]
async fn the_same_prompt_gives_the_same_text_whatever_the_batch_size() {
    let prompt = || user("Write a Python function that returns the factorial of n.");
    let mut texts = Vec::new();
    for batch in [Some(1), Some(7), None] {
        texts.push(ask(&limited(None, batch), generation(SMOL, prompt(), greedy(24))).await.done().0);
    }
    assert!(texts.iter().all(|text| *text == texts[0]), "{texts:#?}");
}

#[tokio::test]
async fn a_prompt_that_fills_the_window_works_and_one_token_more_is_a_typed_error() {
    let client = limited(Some(128), None);
    let counted = client.count_tokens(model(SMOL), raw(&text_of(100))).await.unwrap();
    let room = 128 - counted;
    let (_, done) = ask(&client, generation(SMOL, raw(&text_of(100)), greedy(room))).await.done();
    assert!(done.timings.generated_tokens <= room);
    let error = ask(&client, generation(SMOL, raw(&text_of(100)), greedy(room + 1))).await.error();
    assert_eq!(error.code, InferenceErrorCode::PromptTooLong);
    for part in [counted.to_string(), (room + 1).to_string(), "128".to_owned(), format!("at most {room}")] {
        assert!(error.message.contains(&part), "{part:?} is missing in: {error}");
    }
    let error = ask(&client, generation(SMOL, raw(&text_of(200)), greedy(1))).await.error();
    assert_eq!(error.code, InferenceErrorCode::PromptTooLong);
    assert!(error.message.contains("Shorten the prompt"), "{error}");
}

#[tokio::test]
async fn a_prompt_beyond_the_models_own_window_is_a_typed_error() {
    let client = limited(None, None);
    let error = ask(&client, generation(SMOL, raw(&text_of(8000)), greedy(512))).await.error();
    assert_eq!(error.code, InferenceErrorCode::PromptTooLong);
    assert!(error.message.contains("8192") && error.message.contains("8000"), "{error}");
}

#[tokio::test]
async fn windows_of_zero_or_one_token_and_empty_prompts_are_refused() {
    for window in [0, 1] {
        let error = ask(&limited(Some(window), None), generation(SMOL, raw("a"), greedy(1))).await.error();
        assert_eq!(error.code, InferenceErrorCode::BadRequest, "{error}");
    }
    let client = limited(None, None);
    for prompt in [raw(""), Prompt::Chat(Vec::new()), user("")] {
        let error = ask(&client, generation(SMOL, prompt.clone(), greedy(1))).await.error();
        assert_eq!(error.code, InferenceErrorCode::BadRequest, "{prompt:?}: {error}");
    }
    let error = ask(&client, generation(SMOL, raw("a"), greedy(0))).await.error();
    assert_eq!(error.code, InferenceErrorCode::BadRequest, "{error}");
    let (_, done) = ask(&client, generation(SMOL, raw("a"), greedy(1))).await.done();
    assert_eq!(done.token_ids.len(), 1, "the worker is still usable");
}
