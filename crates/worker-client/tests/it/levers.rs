//! What makes generations faster, seen from outside: guessed tokens, sequences that are laid aside, and prompts that were computed by
//! an earlier worker. That they leave the model's scores as they are is tested in the worker, where the scores are.

use brickwork_engine::{InferenceErrorCode, Message, Prompt, Speaker};
use brickwork_worker_client::{Compute, PromptCache, WorkerClient, WorkerConfig};

use crate::support::{GEMMA, SMOL, ask, client, config, exact, generation, greedy, model, raw, user};

/// A file that is to be written once more.
const FILE: &str = "```python\ndef add(first, second):\n    \"\"\"Return the sum of two numbers.\"\"\"\n    return first + second\n\n\n\
def subtract(first, second):\n    \"\"\"Return the difference of two numbers.\"\"\"\n    return first - second\n\n\n\
def multiply(first, second):\n    \"\"\"Return the product of two numbers.\"\"\"\n    return first * second\n```\n";

/// A prompt that ends in the middle of a repetition, which the models go on with.
fn repeating() -> Prompt {
    raw(&format!("{}```python\ndef add(first, second):\n", FILE.repeat(4)))
}

/// What is written twice is guessed the second time, and most of the guesses come true.
#[tokio::test]
async fn text_that_is_repeated_is_guessed() {
    let client = client();
    for file in [SMOL, GEMMA] {
        let (text, done) = ask(&client, generation(file, repeating(), greedy(60))).await.done();
        assert!(text.contains("def subtract(first, second):"), "{file}: {text}");
        let timings = done.timings;
        assert!(timings.accepted_tokens * 2 > timings.generated_tokens, "{file}: {timings:?}");
        assert!(timings.accepted_tokens <= timings.drafted_tokens, "{file}: {timings:?}");
        assert_eq!(timings.generated_tokens as usize, done.token_ids.len());
    }
}

/// Two conversations in turn on one model: each finds what was computed of it, though the other one came between.
#[tokio::test]
async fn conversations_in_turn_keep_what_was_computed_of_each() {
    let client = client();
    let ask_for = |what: &str| {
        let text = format!("{FILE}\n{}", what.repeat(30));
        vec![Message::new(Speaker::System, what), Message::new(Speaker::User, text)]
    };
    let mut talks = [ask_for("Explain the file. "), ask_for("Translate the file into Rust. ")];
    let mut lengths = [0; 2];
    for round in 0..3 {
        for (talk, length) in talks.iter_mut().zip(&mut lengths) {
            let request = generation(SMOL, Prompt::Chat(talk.clone()), greedy(12));
            let (text, done) = ask(&client, request).await.done();
            let timings = done.timings;
            if round > 0 {
                assert!(timings.cached_tokens + 1 >= *length, "round {round}: {length} tokens, {timings:?}");
            }
            *length = timings.prompt_tokens + timings.generated_tokens;
            talk.push(Message::new(Speaker::Assistant, text));
            talk.push(Message::new(Speaker::User, "Go on."));
        }
    }
}

/// A new worker finds what an earlier one computed, and writes the same text.
#[tokio::test]
async fn a_restart_finds_the_prompt_computed() {
    let folder = tempfile::tempdir().unwrap();
    let prompt_cache = Some(PromptCache { folder: folder.path().join("prompts"), limit_bytes: 1 << 30 });
    let request = |file: &str| generation(file, user(&FILE.repeat(4)), greedy(16));
    for file in [SMOL, GEMMA] {
        let mut texts = Vec::new();
        for is_restarted in [false, true] {
            let client = WorkerClient::new(WorkerConfig { prompt_cache: prompt_cache.clone(), ..config() });
            let (text, done) = ask(&client, request(file)).await.done();
            let timings = done.timings;
            assert!(timings.prompt_tokens > 300, "{file}: {timings:?}");
            let expected = if is_restarted { timings.prompt_tokens - 1 } else { 0 };
            assert_eq!(timings.cached_tokens, expected, "{file}, restarted: {is_restarted}");
            texts.push(text);
            client.shutdown().await;
        }
        assert_eq!(texts[0], texts[1], "{file}");
    }
}

/// Damaged files cost time, nothing else.
#[tokio::test]
async fn a_damaged_file_of_a_computed_prompt_is_as_good_as_none() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().to_owned();
    let prompt_cache = Some(PromptCache { folder: root.clone(), limit_bytes: 1 << 30 });
    let mut texts = Vec::new();
    for _ in 0..2 {
        let client = WorkerClient::new(WorkerConfig { prompt_cache: prompt_cache.clone(), ..config() });
        let (text, done) = ask(&client, generation(SMOL, user(&FILE.repeat(4)), greedy(8))).await.done();
        assert_eq!(done.timings.cached_tokens, 0, "{:?}", done.timings);
        texts.push(text);
        client.shutdown().await;
        for folder in std::fs::read_dir(&root).unwrap().flatten() {
            for file in std::fs::read_dir(folder.path()).unwrap().flatten() {
                let mut bytes = std::fs::read(file.path()).unwrap();
                let middle = bytes.len() / 2;
                bytes[middle] ^= 0xFF;
                std::fs::write(file.path(), bytes).unwrap();
            }
        }
    }
    assert_eq!(texts[0], texts[1]);
}

/// A draft model changes nothing of what is said. This one is the model itself, so all that it guesses comes true, and since
/// it is no faster it is soon asked no more.
#[tokio::test]
async fn a_draft_model_leaves_the_text_as_it_is() {
    let job = || generation(SMOL, user("Write one line of Python that prints hello."), greedy(48));
    let (text, _) = ask(&client(), job()).await.done();
    let client = client();
    let draft_model = |file: &str| Some(model(file).path);
    client.set_compute(Compute { draft_model: draft_model(SMOL), ..exact() });
    let (drafted_text, done) = ask(&client, job()).await.done();
    assert_eq!(drafted_text, text);
    let timings = done.timings;
    assert!(timings.drafted_tokens > 0 && timings.accepted_tokens > 0, "{timings:?}");

    client.set_compute(Compute { draft_model: draft_model(GEMMA), ..exact() });
    let error = ask(&client, job()).await.error();
    assert_eq!(error.code, InferenceErrorCode::BadRequest);
    assert_eq!(
        error.phrase.as_ref().map(|phrase| phrase.reason.as_str()),
        Some("draft_vocabulary_differs"),
        "{error:?}"
    );
    assert!(error.message.contains(GEMMA), "{error}");

    client.set_compute(exact());
    assert_eq!(ask(&client, job()).await.done().0, text);
}
