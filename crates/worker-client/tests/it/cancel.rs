//! Row 5: a dropped stream ends the job soon, and leaves nothing behind in the cache.

use std::time::{Duration, Instant};

use brickwork_engine::{Generation, Inference, InferenceEvent, Parameters};
use brickwork_worker_client::{WorkerClient, WorkerStatus};
use futures::StreamExt;
use futures::stream::BoxStream;

use crate::support::{SMOL, ask, client, eventually, generation, greedy, long, raw, read_tokens, user};

/// How soon a cancel is answered.
const LIMIT: Duration = Duration::from_secs(2);

async fn cancel(client: &WorkerClient, stream: BoxStream<'static, InferenceEvent>) {
    let process = || client.idle_process_id();
    let started = Instant::now();
    drop(stream);
    eventually("the cancelled job gives the worker free", LIMIT, || process().is_some()).await;
    assert!(started.elapsed() < LIMIT);
    assert_eq!(client.status(), WorkerStatus::Idle);
}

fn question() -> Generation {
    generation(SMOL, user("Write a Python function that returns the factorial of n."), greedy(24))
}

/// The ids of [`question`] from a worker that never did anything else.
async fn cold_ids() -> Vec<u32> {
    ask(&client(), question()).await.done().1.token_ids
}

#[tokio::test]
async fn cancelled_in_the_middle_of_the_prompt() {
    let client = client();
    ask(&client, generation(SMOL, raw("warm"), greedy(1))).await.done();
    let words = "The quick brown fox jumps over the lazy dog. ".repeat(700);
    let mut stream = client.generate(generation(SMOL, raw(&words), greedy(8)));
    while let Some(event) = stream.next().await {
        assert!(!matches!(event, InferenceEvent::Text { .. } | InferenceEvent::Done(_)), "the prompt was too short");
        if matches!(event, InferenceEvent::Prompt { done, total, .. } if done > 0 && done < total) {
            break;
        }
    }
    let pid = process_id_after_cancel(&client, stream).await;
    let (_, done) = ask(&client, question()).await.done();
    assert_eq!(done.token_ids, cold_ids().await);
    assert_eq!(client.idle_process_id(), Some(pid), "the worker was not replaced");
}

#[tokio::test]
async fn cancelled_at_the_first_and_at_a_later_token() {
    let client = client();
    let expected = cold_ids().await;
    for n in [1, 20] {
        let mut stream = client.generate(long());
        read_tokens(&mut stream, n).await;
        let pid = process_id_after_cancel(&client, stream).await;
        let (_, done) = ask(&client, question()).await.done();
        assert_eq!(done.token_ids, expected, "after a cancel at token {n}");
        assert_eq!(client.idle_process_id(), Some(pid), "the worker was not replaced");
    }
}

#[tokio::test]
async fn cancelled_in_the_middle_of_a_conversation_keeps_what_came_before() {
    let client = client();
    let expected = ask(&client, question()).await.done().1;
    let mut longer = question();
    longer.parameters = Parameters { max_tokens: 2000, temperature: 1.0, seed: Some(3), ..Parameters::default() };
    let mut stream = client.generate(longer);
    read_tokens(&mut stream, 5).await;
    cancel(&client, stream).await;
    let (_, again) = ask(&client, question()).await.done();
    assert_eq!(again.token_ids, expected.token_ids);
    assert_eq!(again.timings.cached_tokens, again.timings.prompt_tokens - 1, "the shared prompt stayed in the cache");
}

#[tokio::test]
async fn cancelled_while_waiting_in_the_queue() {
    let client = client();
    let mut first = client.generate(long());
    read_tokens(&mut first, 1).await;
    let mut second = client.generate(long());
    // Whether it waits in the worker or is done beside the first is the worker's choice.
    let _ = tokio::time::timeout(Duration::from_millis(100), second.next()).await;
    drop(second);
    let third = client.generate(question());
    drop(first);
    let answer = tokio::time::timeout(Duration::from_secs(60), crate::support::rest_of(third)).await.unwrap();
    assert_eq!(answer.done().1.token_ids.len(), 24);
}

#[tokio::test]
async fn jobs_wait_in_order() {
    let client = client();
    let order = std::sync::Mutex::new(Vec::new());
    let job = |number: usize| {
        let (client, order) = (&client, &order);
        async move {
            ask(client, generation(SMOL, raw(&format!("job {number}")), greedy(3))).await.done();
            order.lock().unwrap().push(number);
        }
    };
    futures::future::join_all((0..6).map(job)).await;
    assert_eq!(*order.lock().unwrap(), [0, 1, 2, 3, 4, 5]);
}

async fn process_id_after_cancel(client: &WorkerClient, stream: BoxStream<'static, InferenceEvent>) -> u32 {
    cancel(client, stream).await;
    client.idle_process_id().expect("the worker lives on")
}
