//! Rows 1, 6 and 7: the worker is killed, aborts, hangs, or loses its program.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use brickwork_engine::{Inference, InferenceErrorCode};
use brickwork_worker_client::{WorkerClient, WorkerConfig};

use crate::support::{
    GEMMA, SMOL, ask, client, config, eventually, generation, greedy, long, model_path, raw, read_tokens, rest_of,
};

pub(crate) fn signal(process: u32, signal: i32) {
    let status = Command::new("kill").arg(format!("-{signal}")).arg(process.to_string()).status().unwrap();
    assert!(status.success(), "signal {signal} could not be sent to {process}");
}

/// Whether the process exists and is not a corpse that waits for its parent.
pub(crate) fn is_alive(process: u32) -> bool {
    fs::read_to_string(format!("/proc/{process}/stat"))
        .is_ok_and(|stat| stat.rsplit(')').next().is_some_and(|rest| !rest.trim_start().starts_with('Z')))
}

/// A client whose worker runs, and its process id.
pub(crate) async fn started(config: WorkerConfig) -> (WorkerClient, u32) {
    let client = WorkerClient::new(config);
    ask(&client, generation(SMOL, raw("Hello"), greedy(1))).await.done();
    let process = client.idle_process_id().unwrap();
    (client, process)
}

/// The one worker that this process runs besides `gone`.
pub(crate) async fn next_worker(gone: u32) -> u32 {
    let this = std::process::id();
    let found = || {
        let threads = fs::read_dir(format!("/proc/{this}/task")).unwrap();
        let children = threads.filter_map(|thread| fs::read_to_string(thread.unwrap().path().join("children")).ok());
        let children: Vec<u32> = children
            .flat_map(|list| list.split_whitespace().map(|id| id.parse().unwrap()).collect::<Vec<_>>())
            .collect();
        children.into_iter().find(|child| *child != gone && is_alive(*child))
    };
    eventually("another worker runs", Duration::from_secs(10), || found().is_some()).await;
    found().unwrap()
}

/// Row 4: two attempts, then failed, and the next job works.
async fn crashes_twice_in_the_middle_of_a_job(number: i32, name: &str) {
    let (client, first) = started(config()).await;
    let mut stream = client.generate(long());
    read_tokens(&mut stream, 3).await;
    signal(first, number);
    let second = next_worker(first).await;
    while let Some(event) = futures::StreamExt::next(&mut stream).await {
        match event {
            brickwork_engine::InferenceEvent::Prompt { .. } => break,
            brickwork_engine::InferenceEvent::Failed(error) => panic!("it was not tried again: {error}"),
            _ => {}
        }
    }
    signal(second, number);
    let error = rest_of(stream).await.error();
    assert_eq!(error.code, InferenceErrorCode::WorkerCrashed, "{error}");
    assert!(error.message.contains(name) && error.message.contains("tried again"), "{error}");
    assert!(!is_alive(first) && !is_alive(second), "the old workers are gone");
    ask(&client, generation(SMOL, raw("Hello"), greedy(2))).await.done();
    let third = client.idle_process_id().unwrap();
    assert!(third != first && third != second, "the next job got a fresh worker");
}

/// Row 4: the second attempt goes on where the first one crashed, without saying anything twice.
#[tokio::test]
async fn row_4_a_job_whose_worker_crashed_once_ends_well() {
    let request = || generation(SMOL, raw("Once upon a time there was a compiler. "), greedy(60));
    // Each in a fresh worker, so that the cache, which changes how llama.cpp rounds, is the same.
    let (expected, _) = ask(&client(), request()).await.done();
    let client = client();
    let mut stream = client.generate(request());
    let mut text = String::new();
    while let Some(event) = futures::StreamExt::next(&mut stream).await {
        if let brickwork_engine::InferenceEvent::Text { text: piece, generated } = event {
            text.push_str(&piece);
            if generated >= 3 {
                break;
            }
        }
    }
    signal(next_worker(0).await, libc::SIGKILL);
    let (rest, completion) = rest_of(stream).await.done();
    assert_eq!(text + &rest, expected);
    assert_eq!(completion.token_ids.len(), 60);
}

#[tokio::test]
async fn row_4_killed_twice_in_the_middle_of_a_step() {
    crashes_twice_in_the_middle_of_a_job(libc::SIGKILL, "SIGKILL").await;
}

#[tokio::test]
async fn row_4_aborted_twice_in_the_middle_of_a_step() {
    crashes_twice_in_the_middle_of_a_job(libc::SIGABRT, "SIGABRT").await;
}

#[tokio::test]
async fn killed_between_jobs_goes_unnoticed() {
    let (client, process) = started(config()).await;
    signal(process, libc::SIGKILL);
    eventually("the worker is dead", Duration::from_secs(2), || !is_alive(process)).await;
    ask(&client, generation(SMOL, raw("Hello"), greedy(2))).await.done();
}

/// A processor that says more of itself than it can do: its user sees a job that takes a moment longer.
#[tokio::test]
async fn a_variant_whose_instructions_the_processor_lacks_is_given_up() {
    let variant = |client: &WorkerClient| {
        let modules = client.hello().unwrap().modules;
        modules.into_iter().map(|module| module.name).find(|name| name.starts_with("cpu-")).unwrap()
    };
    let (client, process) = started(config()).await;
    let first = variant(&client);
    let mut stream = client.generate(generation(SMOL, raw("Once upon a time"), greedy(400)));
    read_tokens(&mut stream, 3).await;
    signal(process, libc::SIGILL);
    rest_of(stream).await.done();
    let second = variant(&client);
    assert_ne!(first, second);
    // So does every later worker, of this client and of others.
    let (other, _) = started(config()).await;
    assert_eq!(variant(&other), second);
}

#[tokio::test]
async fn a_hung_worker_is_ended_after_the_silence_limit() {
    let silence_limit = Duration::from_secs(2);
    let (client, process) = started(WorkerConfig { silence_limit, ..config() }).await;
    let mut stream = client.generate(long());
    read_tokens(&mut stream, 3).await;
    signal(process, libc::SIGSTOP);
    let stopped = Instant::now();
    let error = rest_of(stream).await.error();
    assert_eq!(error.code, InferenceErrorCode::WorkerSilent, "{error}");
    assert!(stopped.elapsed() >= Duration::from_millis(1500), "not before the limit: {:?}", stopped.elapsed());
    assert!(stopped.elapsed() < Duration::from_secs(10), "soon after the limit: {:?}", stopped.elapsed());
    eventually("the hung worker is gone", Duration::from_secs(2), || !is_alive(process)).await;
    ask(&client, generation(SMOL, raw("Hello"), greedy(2))).await.done();
}

#[tokio::test]
async fn a_hung_worker_does_not_block_the_queue_after_a_cancel() {
    let cancel_limit = Duration::from_secs(1);
    let (client, process) = started(WorkerConfig { cancel_limit, ..config() }).await;
    let mut stream = client.generate(long());
    read_tokens(&mut stream, 3).await;
    signal(process, libc::SIGSTOP);
    drop(stream);
    ask(&client, generation(SMOL, raw("Hello"), greedy(2))).await.done();
    eventually("the hung worker is gone", Duration::from_secs(2), || !is_alive(process)).await;
}

/// A worker that is slow but talks lives on: it is stopped for less than the limit, again and again.
#[tokio::test]
async fn a_slow_worker_that_talks_survives() {
    let silence_limit = Duration::from_secs(3);
    let (client, process) = started(WorkerConfig { silence_limit, ..config() }).await;
    let mut request = long();
    request.parameters.max_tokens = 120;
    let answer = rest_of(client.generate(request));
    let slow_down = async {
        for _ in 0..8 {
            signal(process, libc::SIGSTOP);
            tokio::time::sleep(Duration::from_millis(700)).await;
            signal(process, libc::SIGCONT);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let (answer, ()) = futures::join!(answer, slow_down);
    answer.done();
    assert_eq!(client.idle_process_id(), Some(process), "the same worker");
}

#[tokio::test]
async fn a_worker_that_is_silent_from_the_start_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let program = script(folder.path(), "exec sleep 600");
    let client =
        WorkerClient::new(WorkerConfig { silence_limit: Duration::from_millis(500), ..WorkerConfig::new(program) });
    let error = ask(&client, generation(SMOL, raw("Hello"), greedy(1))).await.error();
    assert_eq!(error.code, InferenceErrorCode::WorkerSilent, "{error}");
}

#[tokio::test]
async fn a_worker_of_another_protocol_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let hello = r#"{"type":"hello","protocol":999,"version":"9","llama_version":"x","devices":[],"threads":1}"#;
    let program = script(folder.path(), &format!("echo '{hello}'; exec sleep 600"));
    let error =
        ask(&WorkerClient::new(WorkerConfig::new(program)), generation(SMOL, raw("Hello"), greedy(1))).await.error();
    assert_eq!(error.code, InferenceErrorCode::WorkerUnavailable, "{error}");
    assert!(error.message.contains("999"), "{error}");
}

#[tokio::test]
async fn a_program_that_is_no_worker_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let program = script(folder.path(), "echo 'cannot open display' >&2; exit 7");
    let error =
        ask(&WorkerClient::new(WorkerConfig::new(program)), generation(SMOL, raw("Hello"), greedy(1))).await.error();
    assert_eq!(error.code, InferenceErrorCode::WorkerUnavailable, "{error}");
    assert!(error.message.contains("exit code 7") && error.message.contains("cannot open display"), "{error}");
}

/// Whatever the worker prints between frames is passed over.
#[tokio::test]
async fn noise_between_frames_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let program = script(folder.path(), &format!("echo 'noise'; exec '{}'", config().program.display()));
    ask(&WorkerClient::new(WorkerConfig::new(program)), generation(SMOL, raw("Hello"), greedy(2))).await.done();
}

#[tokio::test]
async fn dropping_or_shutting_down_the_client_ends_the_worker() {
    let (client, process) = started(config()).await;
    drop(client);
    eventually("the worker is gone after a drop", Duration::from_secs(2), || !is_alive(process)).await;

    let (client, process) = started(config()).await;
    client.shutdown().await;
    assert!(!is_alive(process), "the worker is gone after a shutdown");
    let error = ask(&client, generation(SMOL, raw("Hello"), greedy(1))).await.error();
    assert_eq!(error.code, InferenceErrorCode::WorkerUnavailable, "{error}");

    let (client, process) = started(config()).await;
    let mut stream = client.generate(long());
    read_tokens(&mut stream, 3).await;
    client.shutdown().await;
    let error = rest_of(stream).await.error();
    assert_eq!(error.code, InferenceErrorCode::WorkerUnavailable, "{error}");
    eventually("the worker is gone in the middle of a job", Duration::from_secs(2), || !is_alive(process)).await;
}

/// Row 7. The parent here is a shell, which is killed; the worker has work in hand, and its input stays open elsewhere.
#[test]
fn the_worker_dies_with_its_parent() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("input");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let shell = "exec 3<>\"$PIPE\"; \"$WORKER\" <&3 >/dev/null & echo $!; wait";
    let mut parent = Command::new("sh")
        .args(["-c", shell])
        .env("PIPE", &pipe)
        .env("WORKER", config().program)
        .env_remove("BRICKWORK_WORKER_PARENT")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(parent.stdout.take().unwrap()), &mut line).unwrap();
    let worker: u32 = line.trim().parse().unwrap();
    let mut input = fs::File::options().read(true).write(true).open(&pipe).unwrap();
    let generate = serde_json::json!({
        "type": "generate", "job": 1, "model": model_path(SMOL), "prompt": { "raw": "Once upon a time" },
        "max_tokens": 4000, "sampling": { "temperature": 1.0, "seed": 1 },
    });
    let hello = serde_json::json!({ "type": "hello", "protocol": brickwork_worker_protocol::PROTOCOL_VERSION });
    std::io::Write::write_all(&mut input, format!("{hello}\n{generate}\n").as_bytes()).unwrap();
    std::thread::sleep(Duration::from_secs(1));
    assert!(is_alive(worker), "the worker is at work");
    parent.kill().unwrap();
    parent.wait().unwrap();
    let deadline = Instant::now() + Duration::from_secs(2);
    while is_alive(worker) {
        assert!(Instant::now() < deadline, "the worker outlived its parent by 2 s");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The end of its input alone ends the worker, also in the middle of a job.
#[test]
fn the_worker_ends_when_its_input_ends() {
    let mut worker = Command::new(config().program)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(300));
    assert!(worker.try_wait().unwrap().is_none(), "it waits for input");
    drop(worker.stdin.take());
    let deadline = Instant::now() + Duration::from_secs(2);
    while worker.try_wait().unwrap().is_none() {
        assert!(Instant::now() < deadline, "the worker outlived its input by 2 s");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Row 3: a model that does not fit takes the place of the others.
#[tokio::test]
async fn a_lack_of_memory_frees_the_other_models() {
    let folder = tempfile::tempdir().unwrap();
    let hello = |file: &str| generation(file, raw("Hello"), greedy(2));
    let mut seen = Vec::new();
    // How much a process needs depends on the system; one of these has room for either model and not for both.
    for mib in [650, 700, 750, 800, 850, 900] {
        let client = WorkerClient::new(WorkerConfig::new(with_memory(folder.path(), mib)));
        let mut outcomes = Vec::new();
        for file in [SMOL, GEMMA, SMOL] {
            outcomes.push((ask(&client, hello(file)).await.end, client.idle_process_id()));
        }
        let is_reloaded = outcomes.iter().all(|(end, _)| end.as_ref().is_ok_and(|done| done.timings.load_ms > 0.0));
        let is_one_process = outcomes.iter().all(|(_, process)| *process == outcomes[0].1);
        if is_reloaded && is_one_process {
            return;
        }
        seen.push((mib, outcomes));
    }
    panic!("no limit made the worker free a model: {seen:#?}");
}

/// Row 3: a model that fits nowhere is a typed error, and the worker lives on.
#[tokio::test]
async fn a_model_that_does_not_fit_at_all_is_a_typed_error() {
    let folder = tempfile::tempdir().unwrap();
    let client = WorkerClient::new(WorkerConfig::new(with_memory(folder.path(), 250)));
    let mut processes = Vec::new();
    for _ in 0..2 {
        let error = ask(&client, generation(GEMMA, raw("Hello"), greedy(2))).await.error();
        assert_eq!(error.code, InferenceErrorCode::OutOfMemory, "{error}");
        assert!(error.message.contains(GEMMA) && error.message.contains("smaller model"), "{error}");
        processes.push(client.idle_process_id().unwrap());
    }
    assert_eq!(processes[0], processes[1], "the worker was not replaced");
}

/// The worker with `mib` MiB of address space, beside what its threads take.
fn with_memory(folder: &std::path::Path, mib: usize) -> std::path::PathBuf {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    let kib = (mib + threads * 9) * 1024;
    let program = config().program;
    script(folder, &format!("ulimit -v {kib}; export MALLOC_ARENA_MAX=1; exec '{}'", program.display()))
}

pub(crate) fn script(folder: &std::path::Path, body: &str) -> std::path::PathBuf {
    let path = folder.join("worker.sh");
    fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[tokio::test]
async fn a_client_survives_the_end_of_the_thread_that_asked_first() {
    let client = std::sync::Arc::new(client());
    let first = std::sync::Arc::clone(&client);
    let runtime = tokio::runtime::Handle::current();
    // Linux's death signal is bound to the thread that starts a process; this one ends at once.
    tokio::task::spawn_blocking(move || {
        std::thread::spawn(move || runtime.block_on(ask(&first, generation(SMOL, raw("Hello"), greedy(1)))).done())
            .join()
            .unwrap();
    })
    .await
    .unwrap();
    let process = client.idle_process_id().unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(is_alive(process), "the worker lives on");
    ask(&client, generation(SMOL, raw("Hello"), greedy(1))).await.done();
    assert_eq!(client.idle_process_id(), Some(process));
}
