//! Several jobs at once in one worker, which does them one after another or together.

use std::time::Duration;

use brickwork_engine::{Generation, Inference, InferenceErrorCode, InferenceEvent};
use brickwork_worker_client::{WorkerClient, WorkerConfig, WorkerStatus};
use futures::StreamExt;
use futures::future::join_all;
use futures::stream::BoxStream;

use crate::support::{
    Answer, GEMMA, SMOL, ask, client, config, eventually, generation, greedy, long, model, raw, read_tokens, rest_of,
};

/// The job with the number `n`: it goes on counting from where it begins, and so is told from the others. Its next words are
/// beyond doubt, since jobs that share a batch or a cache are rounded differently by llama.cpp, which must not change them.
pub(crate) fn job(n: usize) -> Generation {
    counting(n, 32)
}

fn counting(n: usize, max_tokens: u32) -> Generation {
    let beginning: Vec<String> = (1..=16).map(|i| (20 * n + i).to_string()).collect();
    generation(SMOL, raw(&format!("{},", beginning.join(","))), greedy(max_tokens))
}

/// What the first `n` jobs say, each alone in a worker that never did anything else.
pub(crate) async fn said_alone(n: usize) -> Vec<String> {
    let mut texts = Vec::new();
    for n in 0..n {
        texts.push(ask(&client(), job(n)).await.done().0);
    }
    texts
}

/// What jobs say that are all given at once.
pub(crate) async fn said_together(client: &WorkerClient, n: usize) -> Vec<String> {
    join_all((0..n).map(|n| async move { ask(client, job(n)).await.done().0 })).await
}

#[tokio::test]
async fn jobs_at_once_say_what_each_says_alone() {
    let expected = said_alone(4).await;
    for n in [2, 4] {
        let client = client();
        assert_eq!(said_together(&client, n).await, expected[..n]);
        assert!(client.idle_process_id().is_some() && client.status() == WorkerStatus::Idle);
    }
}

#[tokio::test]
async fn jobs_with_several_models_at_once_all_end() {
    let client = client();
    let files = [SMOL, GEMMA, SMOL, GEMMA];
    let jobs = files.iter().map(|file| ask(&client, generation(file, raw("Hello"), greedy(8))));
    for (answer, file) in join_all(jobs).await.into_iter().zip(files) {
        let (_, done) = answer.done();
        assert!(done.timings.generated_tokens > 0, "{file}");
    }
}

#[tokio::test]
async fn a_cancel_of_one_leaves_the_others() {
    let expected = said_alone(3).await;
    let client = client();
    let mut cancelled = client.generate(long());
    read_tokens(&mut cancelled, 2).await;
    let others = said_together(&client, 3);
    let cancel = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        drop(cancelled);
    };
    let (others, ()) = futures::join!(others, cancel);
    assert_eq!(others, expected);
}

/// A worker that does one job after another comes late to a cancel of one that waits, and is not hung for that.
#[tokio::test]
async fn a_cancelled_job_that_waits_does_not_bring_the_worker_down() {
    let client = WorkerClient::new(WorkerConfig { cancel_limit: Duration::from_millis(200), ..config() });
    ask(&client, generation(SMOL, raw("Hello"), greedy(1))).await.done();
    let process = client.idle_process_id();
    let mut first = long();
    first.parameters.max_tokens = 200;
    let mut first = client.generate(first);
    read_tokens(&mut first, 1).await;
    let mut second = client.generate(long());
    let _ = tokio::time::timeout(Duration::from_millis(20), second.next()).await;
    drop(second);
    rest_of(first).await.done();
    ask(&client, generation(SMOL, raw("Hello"), greedy(1))).await.done();
    assert_eq!(client.idle_process_id(), process, "the worker was not replaced");
}

#[tokio::test]
async fn questions_are_answered_beside_a_generation() {
    let client = client();
    let mut request = long();
    request.parameters.max_tokens = 150;
    let mut stream = client.generate(request);
    read_tokens(&mut stream, 2).await;
    assert!(matches!(client.status(), WorkerStatus::Running { model } if model == SMOL));
    assert_eq!(client.idle_process_id(), None, "a job is in it");
    let counts = client.count_texts(model(SMOL), vec!["one two three".to_owned()]);
    let rendering = client.render(model(GEMMA), raw("Hello"), true);
    let all = async { futures::join!(rest_of(stream), counts, rendering, client.devices()) };
    let (answer, counts, rendering, devices) = tokio::time::timeout(Duration::from_secs(120), all).await.unwrap();
    answer.done();
    assert_eq!(counts.unwrap().len(), 1);
    assert_eq!(rendering.unwrap().text.as_deref(), Some("<bos>Hello"));
    assert!(!devices.unwrap().is_empty());
    client.unload(&model(SMOL)).await;
    ask(&client, job(0)).await.done();
}

/// The answer of a stream whose beginning was read.
pub(crate) async fn whole(mut text: String, stream: BoxStream<'static, InferenceEvent>) -> Answer {
    let rest = rest_of(stream).await;
    text.push_str(&rest.text);
    Answer { text, ..rest }
}

/// One that does not listen at all holds up nobody, and gets all of its text when it listens again.
#[tokio::test]
async fn a_listener_that_does_not_listen_holds_up_nobody() {
    let client = client();
    let mut deaf = client.generate(counting(0, 150));
    let beginning = match deaf.next().await {
        Some(InferenceEvent::Text { text, .. }) => text,
        _ => String::new(),
    };
    for _ in 0..2 {
        ask(&client, job(1)).await.done();
    }
    let is_idle = || client.idle_process_id().is_some();
    eventually("all jobs have ended", Duration::from_secs(60), is_idle).await;
    let (text, done) = whole(beginning, deaf).await.done();
    // Each digit and each comma is a token of its own, however the text is cut.
    let counts = client.count_texts(model(SMOL), vec![text]).await.unwrap();
    assert_eq!(counts, [done.timings.generated_tokens]);
}

#[tokio::test]
async fn all_jobs_fail_when_the_client_is_shut_down() {
    let client = client();
    let mut first = client.generate(long());
    read_tokens(&mut first, 1).await;
    let mut others = [client.generate(long()), client.generate(long())];
    for other in &mut others {
        let _ = tokio::time::timeout(Duration::from_millis(20), other.next()).await;
    }
    client.shutdown().await;
    for stream in std::iter::once(first).chain(others) {
        let error = rest_of(stream).await.error();
        assert_eq!(error.code, InferenceErrorCode::WorkerUnavailable, "{error}");
    }
}
