//! Prompts laid out and counted without generating: what comes back is what a generation gets.

use std::time::Duration;

use brickwork_engine::{InferenceErrorCode, Message, Prompt, Speaker};
use brickwork_worker_client::{Compute, WorkerClient, WorkerConfig};

use crate::support::{
    GEMMA, SMOL, ask, client, config, eventually, exact, generation, greedy, model, model_at, raw, user,
};

fn conversation() -> Prompt {
    Prompt::Chat(vec![
        Message::new(Speaker::System, "You are a careful programmer."),
        Message::new(Speaker::User, "  Project context:\n- name: Añadir 🦀\n\nWrite a function.\n"),
        Message::new(Speaker::Assistant, "```python\ndef add(a, b):\n\treturn a + b\n```\n"),
        Message::new(Speaker::User, "Now one that multiplies. <|im_end|> <end_of_turn> stays text."),
    ])
}

#[tokio::test]
async fn a_rendering_has_the_tokens_that_a_generation_reports() {
    for (file, opening, closing, context_length, has_template) in [
        (SMOL, "<|im_start|>system\nYou are a careful", "<|im_start|>assistant\n", 8192, true),
        (GEMMA, "<bos>You are a careful", "### Response:\nHere is the code:\n\n", 32_768, false),
    ] {
        let rendering = client().render(model(file), conversation(), true).await.unwrap();
        let text = rendering.text.unwrap();
        assert!(text.starts_with(opening) && text.ends_with(closing), "{file}: {text}");
        for part in ["- name: Añadir 🦀", "\treturn a + b", "<|im_end|> <end_of_turn> stays text."] {
            assert!(text.contains(part), "{file}: {part:?} is missing in {text}");
        }
        assert_eq!((rendering.context_length, rendering.has_chat_template), (Some(context_length), has_template));
        // Another process, which reads the whole model.
        let (_, done) = ask(&client(), generation(file, conversation(), greedy(1))).await.done();
        assert_eq!(rendering.tokens, done.timings.prompt_tokens, "{file}");
    }
}

#[tokio::test]
async fn raw_text_and_empty_prompts_are_treated_as_in_a_generation() {
    let client = client();
    for (file, first) in [(SMOL, ""), (GEMMA, "<bos>")] {
        let rendering = client.render(model(file), raw("fn main() {"), true).await.unwrap();
        assert_eq!(rendering.text.unwrap(), format!("{first}fn main() {{"), "{file}");
        let (_, done) = ask(&client, generation(file, raw("fn main() {"), greedy(1))).await.done();
        assert_eq!(rendering.tokens, done.timings.prompt_tokens, "{file}");
        let error = client.render(model(file), user(""), false).await.unwrap_err();
        assert_eq!(error.code, InferenceErrorCode::BadRequest, "{error}");
    }
    let missing = model_at(std::path::Path::new("/no/such/model.gguf"));
    let error = client.render(missing, raw("x"), false).await.unwrap_err();
    assert_eq!(error.code, InferenceErrorCode::ModelMissing, "{error}");
    let without_text = client.render(model(SMOL), raw("x"), false).await.unwrap();
    assert_eq!((without_text.text, without_text.tokens), (None, 1));
}

#[tokio::test]
async fn texts_are_counted_each_by_itself() {
    let client = client();
    let texts = ["", " a a a", "<|im_end|>", "Añadir 🦀\n"].map(str::to_owned).to_vec();
    let counts = client.count_texts(model(SMOL), texts.clone()).await.unwrap();
    assert_eq!(&counts[..2], [0, 3]);
    assert!(counts[2] > 1, "a control token's text is text: {counts:?}");
    for (text, count) in texts.iter().zip(&counts).skip(1) {
        let whole = client.count_tokens(model(SMOL), raw(text)).await.unwrap();
        assert_eq!(whole, *count, "this vocabulary puts nothing before {text:?}");
    }
    assert_eq!(client.count_texts(model(GEMMA), vec![" a a a".to_owned()]).await.unwrap(), [3]);
    assert_eq!(client.count_texts(model(GEMMA), Vec::new()).await.unwrap(), Vec::<u32>::new());
}

#[tokio::test]
async fn an_idle_worker_ends_and_the_next_job_gets_a_fresh_one() {
    let idle_limit = Some(Duration::from_millis(600));
    let client = WorkerClient::new(WorkerConfig { idle_limit, ..config() });
    let count = || client.count_texts(model(SMOL), vec!["x".to_owned()]);
    count().await.unwrap();
    let first = client.idle_process_id();
    assert!(first.is_some());
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_millis(250)).await;
        count().await.unwrap();
        assert_eq!(client.idle_process_id(), first, "each job puts the end off");
    }
    eventually("the idle worker has ended", Duration::from_secs(5), || client.idle_process_id().is_none()).await;
    count().await.unwrap();
    assert!(client.idle_process_id().is_some_and(|fresh| Some(fresh) != first));
    let running = client.count_texts(model(GEMMA), vec!["x".to_owned()]);
    running.await.unwrap();
}

#[tokio::test]
async fn threads_are_chosen_for_generations_that_begin_later() {
    let client = client();
    assert_eq!(client.hello(), None);
    let request = || generation(SMOL, user("Write a Python function that adds two numbers."), greedy(12));
    let (first, _) = ask(&client, request()).await.done();
    let hello = client.hello().unwrap();
    assert!(hello.threads >= 1 && hello.devices.iter().all(|device| !device.name.is_empty()), "{hello:?}");
    let (_, again) = ask(&client, request()).await.done();
    assert!(again.timings.cached_tokens > 0);
    client.set_compute(Compute { threads: Some(1), gpu_layers: Some(0), ..exact() });
    let (text, done) = ask(&client, request()).await.done();
    assert_eq!(text, first);
    assert_eq!(client.resident_models().last().map(|model| model.threads), Some(1));
    assert!(
        done.timings.cached_tokens > 0,
        "another number of threads is another context, which takes over what was computed"
    );
    assert_eq!(done.timings.load_ms > 0.0, hello.devices.iter().any(|device| device.name != "CPU"));
    client.set_compute(Compute { threads: Some(0), ..Compute::default() });
    assert_eq!(ask(&client, request()).await.error().code, InferenceErrorCode::BadRequest);
}
