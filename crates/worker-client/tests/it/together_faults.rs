//! Several jobs in a worker that is killed, hangs, or is brought down by one of them.

use std::time::Duration;

use brickwork_engine::{Inference, InferenceErrorCode, InferenceEvent};
use brickwork_worker_client::{WorkerClient, WorkerConfig};
use futures::StreamExt;
use futures::stream::BoxStream;

use crate::faults::{is_alive, next_worker, script, signal, started};
use crate::support::{SMOL, ask, client, config, eventually, generation, greedy, raw};
use crate::together::{job, said_alone, said_together, whole};

/// Three jobs of which at least the first has said something, and what they said.
async fn three_at_work(client: &WorkerClient) -> Vec<(String, BoxStream<'static, InferenceEvent>)> {
    let mut jobs: Vec<_> = (0..3).map(|n| (String::new(), client.generate(job(n)))).collect();
    let (text, first) = &mut jobs[0];
    let mut n_tokens = 0;
    while n_tokens < 3 {
        if let Some(InferenceEvent::Text { text: piece, generated }) = first.next().await {
            text.push_str(&piece);
            n_tokens = generated;
        }
    }
    // A stream that was never polled has not begun.
    for (text, stream) in &mut jobs[1..] {
        if let Ok(Some(InferenceEvent::Text { text: piece, .. })) =
            tokio::time::timeout(Duration::from_millis(10), stream.next()).await
        {
            text.push_str(&piece);
        }
    }
    jobs
}

async fn all_end_well(jobs: Vec<(String, BoxStream<'static, InferenceEvent>)>, expected: &[String]) {
    let answers = futures::future::join_all(jobs.into_iter().map(|(text, stream)| whole(text, stream))).await;
    for (answer, expected) in answers.into_iter().zip(expected) {
        let (text, done) = answer.done();
        assert_eq!(&text, expected, "nothing is lost and nothing is said twice");
        assert_eq!(done.token_ids.len(), 32);
    }
}

#[tokio::test]
async fn three_jobs_whose_worker_is_killed_all_end_well() {
    let expected = said_alone(3).await;
    let client = client();
    let jobs = three_at_work(&client).await;
    let first = next_worker(0).await;
    signal(first, libc::SIGKILL);
    all_end_well(jobs, &expected).await;
    assert!(!is_alive(first) && client.idle_process_id().is_some_and(|process| process != first));
}

#[tokio::test]
async fn three_jobs_whose_worker_hangs_do_not_wait_for_ever() {
    let expected = said_alone(3).await;
    let client = WorkerClient::new(WorkerConfig { silence_limit: Duration::from_secs(2), ..config() });
    let jobs = three_at_work(&client).await;
    let first = next_worker(0).await;
    signal(first, libc::SIGSTOP);
    let answers = futures::future::join_all(jobs.into_iter().map(|(text, stream)| whole(text, stream))).await;
    eventually("the hung worker is gone", Duration::from_secs(2), || !is_alive(first)).await;
    // One that alone was at work is taken for the cause; of several, all are tried again.
    let n_well = answers.iter().filter(|answer| answer.end.is_ok()).count();
    assert!(n_well >= 2, "{answers:#?}");
    for (answer, expected) in answers.into_iter().zip(expected) {
        match answer.end {
            Ok(_) => assert_eq!(answer.text, expected),
            Err(error) => assert_eq!(error.code, InferenceErrorCode::WorkerSilent, "{error}"),
        }
    }
}

/// A worker that does not answer a cancel is given up, which the other jobs do not have to answer for.
#[tokio::test]
async fn a_cancel_that_is_not_answered_costs_the_other_jobs_nothing() {
    let expected = said_alone(3).await;
    let (client, process) = started(WorkerConfig { cancel_limit: Duration::from_secs(1), ..config() }).await;
    let mut jobs = three_at_work(&client).await;
    signal(process, libc::SIGSTOP);
    drop(jobs.remove(0));
    all_end_well(jobs, &expected[1..]).await;
    assert!(!is_alive(process));
}

/// A job that brings down whatever worker it is in, among others and before others.
#[tokio::test]
async fn a_job_that_always_crashes_takes_only_itself_down() {
    let expected = said_alone(4).await;
    let folder = tempfile::tempdir().unwrap();
    // The end of its input ends the worker at once, also in the middle of a job.
    let body = format!(
        "unset BRICKWORK_WORKER_PARENT\nwhile IFS= read -r line; do\ncase \"$line\" in *POISON*) sleep 0.2; exit;; esac\n\
         printf '%s\\n' \"$line\"\ndone | '{}'",
        config().program.display()
    );
    let client = WorkerClient::new(WorkerConfig::new(script(folder.path(), &body)));
    let poison = generation(SMOL, raw("POISON"), greedy(4));
    let (texts, poisoned, later) =
        futures::join!(said_together(&client, 4), ask(&client, poison), ask(&client, job(0)));
    assert_eq!(texts, expected);
    let error = poisoned.error();
    assert_eq!(error.code, InferenceErrorCode::WorkerCrashed, "{error}");
    assert!(error.message.contains("tried again"), "{error}");
    assert_eq!(later.done().1.token_ids.len(), 32);
    ask(&client, job(1)).await.done();
}
