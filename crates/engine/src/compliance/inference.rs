//! What every [`Inference`] owes its callers.

use futures::StreamExt;

use crate::pipeline::Parameters;
use crate::ports::{
    Completion, FinishReason, Generation, Inference, InferenceError, InferenceErrorCode, InferenceEvent, Message,
    Prompt, Speaker,
};
use crate::run::ModelRef;

/// Runs all checks against `inference` with `model`.
///
/// # Panics
/// When a check fails; the message names it.
pub async fn inference_suite(inference: &dyn Inference, model: &ModelRef) {
    text_and_counts_agree(inference, model).await;
    max_tokens_is_a_limit(inference, model).await;
    stop_strings_are_cut(inference, model).await;
    an_empty_prompt_is_refused(inference, model).await;
    a_dropped_stream_leaves_the_model_usable(inference, model).await;
}

/// The events of a stream, up to and including its last.
struct Answer {
    text: String,
    end: Result<Completion, InferenceError>,
}

fn request(model: &ModelRef, text: &str, parameters: Parameters) -> Generation {
    let messages = vec![Message::new(Speaker::System, "You write Python."), Message::new(Speaker::User, text)];
    Generation { model: model.clone(), prompt: Prompt::Chat(messages), parameters }
}

fn greedy(max_tokens: u32) -> Parameters {
    Parameters { max_tokens, temperature: 0.0, ..Parameters::default() }
}

async fn collect(inference: &dyn Inference, generation: Generation) -> Answer {
    let mut stream = inference.generate(generation);
    let mut text = String::new();
    let mut last_generated = 0;
    let mut end = None;
    while let Some(event) = stream.next().await {
        assert!(end.is_none(), "nothing follows the last event, but {event:?} did");
        match event {
            InferenceEvent::Loading { fraction } => {
                assert!((0.0..=1.0).contains(&fraction), "a load fraction lies between 0 and 1");
            }
            InferenceEvent::Prompt { done, total, cached } => {
                assert!(done <= total && cached <= done, "prompt progress {cached} <= {done} <= {total}");
            }
            InferenceEvent::Text { text: piece, generated } => {
                assert!(generated >= last_generated, "the count of tokens never falls");
                last_generated = generated;
                text.push_str(&piece);
            }
            InferenceEvent::Done(completion) => end = Some(Ok(completion)),
            InferenceEvent::Failed(error) => end = Some(Err(error)),
        }
    }
    Answer { text, end: end.expect("a stream ends with Done or Failed") }
}

async fn text_and_counts_agree(inference: &dyn Inference, model: &ModelRef) {
    let answer = collect(inference, request(model, "Write a function that adds two numbers.", greedy(24))).await;
    let done = answer.end.expect("a small request succeeds");
    assert!(!answer.text.is_empty(), "a small request makes text");
    // A server's interface has text only: it keeps the ids to itself.
    let n_ids = if model.is_local() { done.timings.generated_tokens as usize } else { 0 };
    assert_eq!(done.token_ids.len(), n_ids, "one id per generated token");
    assert!(done.timings.prompt_tokens > 0, "the prompt's tokens are counted");
    assert!(done.timings.cached_tokens <= done.timings.prompt_tokens, "cached tokens are part of the prompt");
}

async fn max_tokens_is_a_limit(inference: &dyn Inference, model: &ModelRef) {
    let answer = collect(inference, request(model, "Count from 1 to 1000.", greedy(3))).await;
    let done = answer.end.expect("a small request succeeds");
    assert_eq!(done.finish_reason, FinishReason::Length, "generation stops at max_tokens and says so");
    assert!(done.timings.generated_tokens <= 3, "no more than max_tokens are generated");
}

async fn stop_strings_are_cut(inference: &dyn Inference, model: &ModelRef) {
    let prompt = "Write a function that adds two numbers.";
    let whole = collect(inference, request(model, prompt, greedy(24))).await;
    whole.end.expect("a small request succeeds");
    let middle = whole.text.chars().count() / 2;
    let stop: String = whole.text.chars().skip(middle).take(4).collect();
    let parameters = Parameters { stop: vec![stop.clone()], ..greedy(24) };
    let cut = collect(inference, request(model, prompt, parameters)).await;
    let done = cut.end.expect("a small request succeeds");
    assert_eq!(done.finish_reason, FinishReason::StopString, "the stop string {stop:?} ends the text");
    assert!(!cut.text.contains(&stop), "the stop string is no part of the text");
}

async fn an_empty_prompt_is_refused(inference: &dyn Inference, model: &ModelRef) {
    let generation = Generation { model: model.clone(), prompt: Prompt::Raw(String::new()), parameters: greedy(4) };
    let error = collect(inference, generation).await.end.expect_err("an empty prompt is an error");
    assert_eq!(error.code, InferenceErrorCode::BadRequest);
}

async fn a_dropped_stream_leaves_the_model_usable(inference: &dyn Inference, model: &ModelRef) {
    let mut stream = inference.generate(request(model, "Write a long story.", greedy(512)));
    while let Some(event) = stream.next().await {
        if matches!(event, InferenceEvent::Text { .. }) {
            break;
        }
    }
    drop(stream);
    let after = collect(inference, request(model, "Say yes.", greedy(4))).await;
    after.end.expect("a request after a dropped one succeeds");
}
